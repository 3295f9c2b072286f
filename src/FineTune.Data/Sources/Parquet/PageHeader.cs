using System.Buffers;

namespace FineTune.Data.Sources.Parquet;

/// <summary>The header of a page, as it stands in the file.</summary>
/// <param name="Type">0 data, 1 index, 2 dictionary, 3 data of version 2.</param>
/// <param name="Size">Bytes that follow the header.</param>
/// <param name="Values">Entries of a data page, nulls included; entries of a dictionary.</param>
/// <param name="DefinitionBytes">Of version 2: the levels, which are never compressed.</param>
internal sealed record PageHeader(
    int Type, int UncompressedSize, int Size, int Values, int Encoding, int DefinitionBytes = 0, int RepetitionBytes = 0, bool IsCompressed = true)
{
    public const int DataPage = 0;
    public const int DictionaryPage = 2;
    public const int DataPageV2 = 3;

    private const int RleLevels = 3;

    /// <summary>Reads <c>PageHeader</c> of <c>parquet.thrift</c>.</summary>
    /// <param name="length">Of the header itself.</param>
    /// <exception cref="EndOfStreamException">There is less than a header.</exception>
    /// <exception cref="InvalidDataException">It isn't one.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> bytes, out int length)
    {
        var reader = new ThriftReader(bytes);
        var header = new PageHeader(-1, -1, -1, 0, 0);
        for (short id = 0; reader.Field(ref id, out var type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    header = header with { Type = reader.Int32() };
                    break;
                case (2, ThriftType.Int32):
                    header = header with { UncompressedSize = reader.Int32() };
                    break;
                case (3, ThriftType.Int32):
                    header = header with { Size = reader.Int32() };
                    break;
                case (5 or 7, ThriftType.Struct):
                    header = ReadPage(ref reader, header);
                    break;
                case (8, ThriftType.Struct):
                    header = ReadPageV2(ref reader, header);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        length = reader.Position;
        return header;
    }

    /// <summary>Writes the header of a page of version 1 whose <paramref name="size"/> bytes aren't compressed.</summary>
    public void WritePlain(IBufferWriter<byte> output, int size, int encoding)
    {
        var isDictionary = Type == DictionaryPage;
        ThriftWriter.Int32(output, 1, isDictionary ? DictionaryPage : DataPage);
        ThriftWriter.Int32(output, 2, size);
        ThriftWriter.Int32(output, 3, size);
        ThriftWriter.Field(output, (short)(isDictionary ? 7 : 5), ThriftType.Struct);
        ThriftWriter.Int32(output, 1, Values);
        ThriftWriter.Int32(output, 2, encoding);
        if (!isDictionary)
        {
            ThriftWriter.Int32(output, 3, RleLevels);
            ThriftWriter.Int32(output, 4, RleLevels);
        }

        output.Write([(byte)ThriftType.Stop, (byte)ThriftType.Stop]);
    }

    /// <summary><c>DataPageHeader</c> or <c>DictionaryPageHeader</c>, which begin alike.</summary>
    private static PageHeader ReadPage(ref ThriftReader reader, PageHeader header)
    {
        for (short id = 0; reader.Field(ref id, out var type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    header = header with { Values = reader.Int32() };
                    break;
                case (2, ThriftType.Int32):
                    header = header with { Encoding = reader.Int32() };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return header;
    }

    private static PageHeader ReadPageV2(ref ThriftReader reader, PageHeader header)
    {
        for (short id = 0; reader.Field(ref id, out var type);)
        {
            switch (id, type)
            {
                case (1, ThriftType.Int32):
                    header = header with { Values = reader.Int32() };
                    break;
                case (4, ThriftType.Int32):
                    header = header with { Encoding = reader.Int32() };
                    break;
                case (5, ThriftType.Int32):
                    header = header with { DefinitionBytes = reader.Int32() };
                    break;
                case (6, ThriftType.Int32):
                    header = header with { RepetitionBytes = reader.Int32() };
                    break;
                case (7, ThriftType.True or ThriftType.False):
                    header = header with { IsCompressed = type == ThriftType.True };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return header;
    }
}
