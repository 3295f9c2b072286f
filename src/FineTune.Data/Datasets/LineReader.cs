using System.Runtime.CompilerServices;

namespace FineTune.Data.Datasets;

/// <summary>A line of a file without its line end.</summary>
/// <param name="Bytes">Valid until the next line is read; only the beginning when <paramref name="TooLong"/>.</param>
/// <param name="Length">Bytes of the whole line.</param>
internal readonly record struct RawLine(long Number, ReadOnlyMemory<byte> Bytes, long Length, bool TooLong);

/// <summary>Splits a stream at LF or CR LF in memory bounded by the longest allowed line. A UTF-8 byte order mark is skipped.</summary>
internal static class LineReader
{
    private const int BlockBytes = 1 << 16;

    public static async IAsyncEnumerable<RawLine> ReadAsync(
        Stream stream, int maximumBytes, Action<int> advance, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var block = new byte[BlockBytes];
        var line = new LineBuffer(maximumBytes);
        for (int read; (read = await stream.ReadAsync(block, cancellationToken)) > 0;)
        {
            advance(read);
            for (var start = 0; start < read;)
            {
                var length = block.AsSpan(start, read - start).IndexOf((byte)'\n');
                line.Append(block.AsSpan(start, length < 0 ? read - start : length));
                if (length < 0)
                {
                    break;
                }

                yield return line.Take();
                start += length + 1;
            }
        }

        if (line.Length > 0)
        {
            yield return line.Take();
        }
    }

    private sealed class LineBuffer(int maximum)
    {
        private byte[] bytes = new byte[BlockBytes];
        private int stored;
        private long number;

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> part)
        {
            Length += part.Length;
            part = part[..Math.Min(part.Length, maximum - stored)];
            if (stored + part.Length > bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(maximum, Math.Max(bytes.Length * 2L, stored + part.Length)));
            }

            part.CopyTo(bytes.AsSpan(stored));
            stored += part.Length;
        }

        public RawLine Take()
        {
            number++;
            var content = bytes.AsMemory(0, stored);
            if (number == 1 && content.Span.StartsWith("\uFEFF"u8))
            {
                content = content[3..];
            }

            if (Length == stored && content.Span.EndsWith("\r"u8))
            {
                content = content[..^1];
            }

            var line = new RawLine(number, content, Length, Length > stored);
            (stored, Length) = (0, 0);
            return line;
        }
    }
}
