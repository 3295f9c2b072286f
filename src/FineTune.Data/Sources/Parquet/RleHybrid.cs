namespace FineTune.Data.Sources.Parquet;

/// <summary>Reads the hybrid of run lengths and bit-packing (Parquet, "Encodings": RLE) that levels and dictionary indices are written in.</summary>
internal static class RleHybrid
{
    private const int MaximumWidth = 32;

    /// <param name="width">Bits of a value.</param>
    /// <param name="values">Filled.</param>
    /// <exception cref="EndOfStreamException">There are fewer values.</exception>
    /// <exception cref="InvalidDataException">The bytes aren't this encoding.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, int width, Span<int> values)
    {
        if (width > MaximumWidth)
        {
            throw new InvalidDataException($"values of {width} bits");
        }

        var reader = new ThriftReader(bytes);
        while (!values.IsEmpty)
        {
            var header = reader.Varint();
            var run = (int)Math.Min(header >> 1, (ulong)values.Length);
            if ((header & 1) == 0)
            {
                var value = 0;
                for (var bits = 0; bits < width; bits += 8)
                {
                    value |= reader.Byte() << bits;
                }

                values[..run].Fill(value);
            }
            else
            {
                run = (int)Math.Min(8 * (header >> 1), (ulong)values.Length);
                BitPacked.Read(bytes[reader.Position..], width, values[..run]);
                var length = (header >> 1) * (ulong)width;
                reader = length < (ulong)(bytes.Length - reader.Position) ? new ThriftReader(bytes = bytes[(reader.Position + (int)length)..]) : new ThriftReader(bytes = []);
            }

            values = values[run..];
        }
    }
}
