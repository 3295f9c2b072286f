using System.Buffers.Binary;

namespace FineTune.Data.Sources.Parquet;

/// <summary>The texts of one page after the other, as slices of the page: nothing is copied but what <c>DELTA_BYTE_ARRAY</c> leaves out.</summary>
/// <exception cref="EndOfStreamException">A page ends before its values.</exception>
/// <exception cref="InvalidDataException">A page doesn't hold what its encoding says.</exception>
internal sealed class TextPage(PageMemory memory, string column)
{
    private const int LengthBytes = 4;

    private ReadOnlyMemory<byte>[] values = [];
    private ReadOnlyMemory<byte>[] entries = [];
    private int[] numbers = [];
    private int[] prefixes = [];
    private byte[] expanded = [];
    private int entryCount;

    public ReadOnlyMemory<byte> this[int index] => values[index];

    public void ReadDictionary(ReadOnlyMemory<byte> dictionary, int count)
    {
        memory.Grow(ref entries, count, column);
        entryCount = count;
        ReadPlain(dictionary, entries.AsSpan(0, count));
    }

    /// <param name="count">Values that aren't null.</param>
    public void Read(int encoding, ReadOnlyMemory<byte> bytes, int count)
    {
        memory.Grow(ref values, count, column);
        var read = values.AsSpan(0, count);
        switch (encoding)
        {
            case ParquetEncoding.Plain:
                ReadPlain(bytes, read);
                break;
            case ParquetEncoding.PlainDictionary or ParquetEncoding.RleDictionary:
                ReadIndices(bytes.Span, read);
                break;
            case ParquetEncoding.DeltaLengthByteArray:
                ReadLengths(bytes, read);
                break;
            case ParquetEncoding.DeltaByteArray:
                ReadPrefixes(bytes, read);
                break;
            default:
                throw new InvalidDataException($"text in encoding {encoding}");
        }
    }

    private static void ReadPlain(ReadOnlyMemory<byte> bytes, Span<ReadOnlyMemory<byte>> values)
    {
        foreach (ref var value in values)
        {
            var length = bytes.Length >= LengthBytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes.Span) : -1;
            value = Slice(bytes, LengthBytes, length);
            bytes = bytes[(LengthBytes + length)..];
        }
    }

    private void ReadIndices(ReadOnlySpan<byte> bytes, Span<ReadOnlyMemory<byte>> values)
    {
        memory.Grow(ref numbers, values.Length, column);
        var indices = numbers.AsSpan(0, values.Length);
        if (!indices.IsEmpty)
        {
            RleHybrid.Read(bytes[1..], bytes[0], indices);
        }

        for (var i = 0; i < indices.Length; i++)
        {
            values[i] = (uint)indices[i] < (uint)entryCount ? entries[indices[i]] : throw new InvalidDataException("an index beyond the dictionary");
        }
    }

    private void ReadLengths(ReadOnlyMemory<byte> bytes, Span<ReadOnlyMemory<byte>> values)
    {
        memory.Grow(ref numbers, values.Length, column);
        var lengths = numbers.AsSpan(0, values.Length);
        bytes = bytes[^DeltaLengths.Read(bytes.Span, lengths).Length..];
        for (var i = 0; i < lengths.Length; i++)
        {
            values[i] = Slice(bytes, 0, lengths[i]);
            bytes = bytes[lengths[i]..];
        }
    }

    /// <summary>Of each value only what differs from the one before is there: a page may stand for far more text than it has.</summary>
    private void ReadPrefixes(ReadOnlyMemory<byte> bytes, Span<ReadOnlyMemory<byte>> values)
    {
        memory.Grow(ref prefixes, values.Length, column);
        var shared = prefixes.AsSpan(0, values.Length);
        ReadLengths(bytes[^DeltaLengths.Read(bytes.Span, shared).Length..], values);
        var total = 0L;
        for (var i = 0; i < values.Length; i++)
        {
            total += shared[i] + values[i].Length;
        }

        if (total > ParquetLimits.PageBytes)
        {
            throw ParquetErrors.Unsupported($"column '{column}' has a page that stands for {total:N0} bytes of text. Write smaller pages");
        }

        memory.Grow(ref expanded, (int)total, column);
        var at = 0;
        ReadOnlyMemory<byte> before = default;
        for (var i = 0; i < values.Length; i++)
        {
            var value = expanded.AsMemory(at, shared[i] + values[i].Length);
            Slice(before, 0, shared[i]).CopyTo(value);
            values[i].CopyTo(value[shared[i]..]);
            (before, at) = (value, at + value.Length);
            values[i] = value;
        }
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> bytes, int start, int length) =>
        length >= 0 && length <= bytes.Length - start ? bytes.Slice(start, length) : throw new EndOfStreamException();
}
