namespace FineTune.Data.Sources.Parquet;

/// <summary>Values of some bits each, one behind the other from the lowest bit on.</summary>
internal static class BitPacked
{
    /// <exception cref="EndOfStreamException">There are fewer values.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, int width, Span<int> values)
    {
        if (((long)values.Length * width) + 7 >> 3 > bytes.Length)
        {
            throw new EndOfStreamException();
        }

        var (buffer, bits, at) = (0UL, 0, 0);
        var mask = (1UL << width) - 1;
        for (var i = 0; i < values.Length; i++)
        {
            for (; bits < width; bits += 8)
            {
                buffer |= (ulong)bytes[at++] << bits;
            }

            values[i] = (int)(buffer & mask);
            buffer >>= width;
            bits -= width;
        }
    }
}
