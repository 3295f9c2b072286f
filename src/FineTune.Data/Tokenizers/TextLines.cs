namespace FineTune.Data.Tokenizers;

/// <summary>The lines of a text file, taken raw: whatever stands between line feeds, carriage returns included.</summary>
public static class TextLines
{
    private const int BlockBytes = 4 << 20;

    /// <summary>
    /// Batches of whole lines, of about four megabytes; a longer line is a batch of its own. A batch is valid until the next one is asked for.
    /// </summary>
    /// <exception cref="IOException">A line is longer than an array can be.</exception>
    public static IEnumerable<IReadOnlyList<ReadOnlyMemory<byte>>> ReadBatches(Stream stream)
    {
        var buffer = new byte[BlockBytes];
        var (count, searched) = (0, 0);
        while (true)
        {
            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, Array.MaxLength));
                if (count == buffer.Length)
                {
                    throw new IOException($"A line is longer than {count:N0} bytes; split it.");
                }
            }

            var read = stream.ReadAtLeast(buffer.AsSpan(count), buffer.Length - count, throwOnEndOfStream: false);
            count += read;
            var isEnd = count < buffer.Length;
            var last = buffer.AsSpan(searched, count - searched).LastIndexOf((byte)'\n');
            var end = isEnd ? count : last < 0 ? 0 : searched + last + 1;
            searched = count;
            if (end > 0)
            {
                yield return Split(buffer.AsMemory(0, end));
                buffer.AsSpan(end, count - end).CopyTo(buffer);
                (count, searched) = (count - end, 0);
            }

            if (isEnd)
            {
                yield break;
            }
        }
    }

    private static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> text)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (!text.IsEmpty)
        {
            var length = text.Span.IndexOf((byte)'\n');
            lines.Add(length < 0 ? text : text[..length]);
            text = length < 0 ? default : text[(length + 1)..];
        }

        return lines;
    }
}
