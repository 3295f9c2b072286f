using FineTune.Core.Streams;

namespace FineTune.Data.Sources;

/// <summary>
/// The lines that begin in a range of a file's bytes. Ranges that meet share no line and lose none, wherever their bounds fall: a range
/// begins behind the first place where lines may be parted at or after its first byte's predecessor, and ends at the first at or after its
/// last byte. Lines are passed through, so memory is bounded whatever their length.
/// </summary>
public sealed class LineRangeStream : AsyncReadStream
{
    private const int BlockBytes = 1 << 16;

    private readonly Stream inner;
    private readonly long start;
    private readonly long end;
    private readonly bool keepsBlanks;
    private readonly byte[] block = new byte[BlockBytes];
    private int next;
    private int filled;
    private long position;
    private bool begun;
    private bool ended;
    private byte previous;

    /// <param name="inner">Positioned at <paramref name="start"/> - 1, or at 0 when that is 0.</param>
    /// <param name="start">First byte of the range.</param>
    /// <param name="end">Behind its last byte; null to the end of the file.</param>
    /// <param name="keepsBlanks">For running text: lines are parted only before one that begins with neither space nor line end, because
    /// tokens may reach over such.</param>
    public LineRangeStream(Stream inner, long start, long? end, bool keepsBlanks)
    {
        this.inner = inner;
        this.start = start;
        this.end = end ?? long.MaxValue;
        this.keepsBlanks = keepsBlanks;
        position = Math.Max(0, start - 1);
        begun = start == 0;
    }

    /// <summary>Line ends passed so far.</summary>
    public long Lines { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!ended && buffer.Length > 0)
        {
            if (next == filled)
            {
                (next, filled) = (0, await inner.ReadAsync(block, cancellationToken));
                ended = filled == 0;
                continue;
            }

            if (!begun)
            {
                next += Skip(block.AsSpan(next, filled - next));
                continue;
            }

            var count = Take(block.AsSpan(next, Math.Min(filled - next, buffer.Length)));
            block.AsMemory(next, count).CopyTo(buffer);
            next += count;
            if (count > 0)
            {
                return count;
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Bytes before the first line that begins here; all when there is none.</summary>
    private int Skip(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (IsParting(bytes[i]))
            {
                begun = position >= start;
                ended = begun && position >= end;
                if (begun)
                {
                    return i;
                }
            }

            previous = bytes[i];
            position++;
        }

        return bytes.Length;
    }

    /// <summary>Bytes that belong to the range's lines.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        // Until the end of the range every byte belongs to it.
        var sure = (int)Math.Clamp(end - position, 0, bytes.Length);
        if (sure > 0)
        {
            Lines += bytes[..sure].Count((byte)'\n');
            previous = bytes[sure - 1];
            position += sure;
        }

        for (var i = sure; i < bytes.Length; i++)
        {
            if (IsParting(bytes[i]))
            {
                ended = true;
                return i;
            }

            Lines += bytes[i] == '\n' ? 1 : 0;
            previous = bytes[i];
            position++;
        }

        return bytes.Length;
    }

    /// <summary>Whether lines may be parted before <paramref name="current"/>.</summary>
    private bool IsParting(byte current) => previous == '\n' && (!keepsBlanks || current is not ((byte)'\n' or (byte)'\r' or (byte)' ' or (byte)'\t'));
}
