using FineTune.Core.Datasets;
using FineTune.Core.Streams;

namespace FineTune.Workflows.Datasets;

/// <summary>A data file wherever it lies, read in order or from any position; a jump opens it anew there, a short one forward reads over the bytes.</summary>
public sealed class DataFileStream(DataStores stores, DataFile file) : AsyncReadStream
{
    private const int ShortJumpBytes = 1 << 18;

    private Stream? open;
    private long openAt;

    public override bool CanSeek => true;

    public override long Length => file.Length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length)
        {
            return 0;
        }

        await MoveAsync(cancellationToken);
        var read = await open!.ReadAsync(buffer, cancellationToken);
        Position += read;
        openAt = Position;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            open?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task MoveAsync(CancellationToken cancellationToken)
    {
        if (open is not null && Position - openAt is >= 0 and <= ShortJumpBytes and var jump)
        {
            var passed = new byte[Math.Min(jump, 1 << 14)];
            for (int read; jump > 0; jump -= read)
            {
                read = await open.ReadAsync(passed.AsMemory(0, (int)Math.Min(jump, passed.Length)), cancellationToken);
                if (read == 0)
                {
                    break;
                }
            }

            return;
        }

        if (open is not null)
        {
            await open.DisposeAsync();
            open = null;
        }

        open = await stores.OpenReadAsync(file, Position, cancellationToken);
        openAt = Position;
    }
}
