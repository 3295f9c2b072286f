using FineTune.Core.Streams;

namespace FineTune.Storage.Hub;

/// <summary>A file of the hub from an offset on; where the connection breaks or falls silent it is opened again at the byte it had come to.</summary>
/// <param name="open">Opens the file at an offset; tries again by itself.</param>
internal sealed class HubFileStream(Func<long, CancellationToken, Task<Stream>> open, long offset, long length) : AsyncReadStream
{
    private const int MaximumBreaks = 5;

    private Stream? content;
    private long position = offset;
    private int breaks;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (position >= length)
        {
            return;
        }

        content = await open(position, cancellationToken);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (position < length && buffer.Length > 0)
        {
            try
            {
                if (content is null)
                {
                    await BeginAsync(cancellationToken);
                }

                var read = await content!.ReadAsync(buffer, cancellationToken);
                if (read > 0)
                {
                    position += read;
                    breaks = 0;
                    return read;
                }

                throw new HttpIOException(HttpRequestError.ResponseEnded, "The file ended before its length.");
            }
            catch (IOException) when (content is not null && ++breaks <= MaximumBreaks)
            {
                Drop();
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Drop();
        }

        base.Dispose(disposing);
    }

    private void Drop()
    {
        content?.Dispose();
        content = null;
    }
}
