namespace FineTune.Data.Sources.Parquet;

/// <summary>Reads lengths in <c>DELTA_BINARY_PACKED</c>, the first part of the delta encodings of text.</summary>
internal static class DeltaLengths
{
    private const int MaximumWidth = 32;

    /// <param name="lengths">Filled; none is negative.</param>
    /// <returns>What follows.</returns>
    /// <exception cref="EndOfStreamException">The bytes end before.</exception>
    /// <exception cref="InvalidDataException">The bytes aren't this encoding, or hold another number of lengths.</exception>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> bytes, Span<int> lengths)
    {
        var reader = new ThriftReader(bytes);
        var (block, parts, count, value) = (reader.Varint(), reader.Varint(), reader.Varint(), reader.Zigzag());
        bytes = bytes[reader.Position..];
        if (block is 0 or > ParquetLimits.DeltaBlockValues || parts == 0 || block % parts != 0 || count != (ulong)lengths.Length)
        {
            throw new InvalidDataException("lengths in blocks that can't be");
        }

        if (!lengths.IsEmpty)
        {
            lengths[0] = Length(value);
        }

        for (var done = Math.Min(1, lengths.Length); done < lengths.Length;)
        {
            reader = new ThriftReader(bytes);
            var smallest = reader.Zigzag();
            var widths = bytes.Slice(reader.Position, Math.Min((int)parts, bytes.Length - reader.Position));
            bytes = bytes[(reader.Position + widths.Length)..];
            for (var part = 0; part < (int)parts && done < lengths.Length; part++)
            {
                var width = part < widths.Length ? widths[part] : throw new EndOfStreamException();
                var values = lengths.Slice(done, Math.Min((int)(block / parts), lengths.Length - done));
                if (width > MaximumWidth)
                {
                    throw new InvalidDataException($"lengths of {width} bits");
                }

                BitPacked.Read(bytes, width, values);
                foreach (ref var length in values)
                {
                    value = unchecked(value + smallest + (uint)length);
                    length = Length(value);
                }

                // The last part may be cut off behind its last value.
                bytes = bytes[Math.Min((int)(block / parts) * width / 8, bytes.Length)..];
                done += values.Length;
            }
        }

        return bytes;
    }

    private static int Length(long value) => value is >= 0 and <= int.MaxValue ? (int)value : throw new InvalidDataException("a negative length");
}
