using System.Buffers.Binary;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// Decodes Snappy's block format ("Snappy compressed format description", google/snappy) straight into its place; libraries keep a second copy of all
/// that was decoded, which for large pages is the larger part of the memory.
/// </summary>
internal static class SnappyBlock
{
    private const int LongLiteral = 60;

    /// <summary>Whether <paramref name="source"/> is just the content that fills <paramref name="destination"/>.</summary>
    /// <exception cref="EndOfStreamException">It is cut off.</exception>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var reader = new ThriftReader(source);
        if (reader.Varint() != (ulong)destination.Length)
        {
            return false;
        }

        source = source[reader.Position..];
        var done = 0;
        while (!source.IsEmpty)
        {
            var tag = source[0];
            var (length, offset, header) = (tag & 3) switch
            {
                0 => Literal(source, tag >> 2),
                1 when source.Length > 1 => (((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | source[1], 2),
                2 when source.Length > 2 => ((tag >> 2) + 1, BinaryPrimitives.ReadUInt16LittleEndian(source[1..]), 3),
                3 when source.Length > 4 => ((tag >> 2) + 1, (long)BinaryPrimitives.ReadUInt32LittleEndian(source[1..]), 5),
                _ => throw new EndOfStreamException(),
            };
            source = source[header..];
            if (length > destination.Length - done)
            {
                return false;
            }

            var into = destination.Slice(done, (int)length);
            if ((tag & 3) == 0)
            {
                if (length > source.Length)
                {
                    return false;
                }

                source[..(int)length].CopyTo(into);
                source = source[(int)length..];
            }
            else if (offset == 0 || offset > done)
            {
                return false;
            }
            else
            {
                Repeat(destination[(done - (int)offset)..], (int)offset, into);
            }

            done += (int)length;
        }

        return done == destination.Length;
    }

    /// <summary>A length minus 1, or how many bytes it takes.</summary>
    private static (long Length, long Offset, int Header) Literal(ReadOnlySpan<byte> source, int length)
    {
        if (length < LongLiteral)
        {
            return (length + 1, 0, 1);
        }

        var bytes = length - LongLiteral + 1;
        if (source.Length <= bytes)
        {
            throw new EndOfStreamException();
        }

        var value = 0L;
        for (var i = bytes; i > 0; i--)
        {
            value = (value << 8) | source[i];
        }

        return (value + 1, 0, 1 + bytes);
    }

    /// <summary>Copies what lies <paramref name="offset"/> before; where that is less than is wanted it repeats.</summary>
    private static void Repeat(ReadOnlySpan<byte> from, int offset, Span<byte> into)
    {
        while (into.Length > offset)
        {
            from[..offset].CopyTo(into);
            into = into[offset..];
        }

        from[..into.Length].CopyTo(into);
    }
}
