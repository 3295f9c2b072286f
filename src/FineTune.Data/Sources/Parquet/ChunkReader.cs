using System.Buffers;
using System.Buffers.Binary;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// The pages of one column in one row group, one after the other, each given as <see cref="DecodablePage"/>. It holds a page and a window of
/// the file, not the column.
/// </summary>
/// <param name="memory">Of all columns.</param>
/// <param name="buffers">The column's own, used again in the next row group.</param>
/// <param name="column">As messages call it.</param>
/// <param name="start">Offset of the first page.</param>
/// <param name="end">Behind the last one, as far as the footer can be believed.</param>
/// <param name="values">Entries of all data pages.</param>
internal sealed class ChunkReader(
    Stream file,
    PageMemory memory,
    ChunkBuffers buffers,
    string column,
    int codec,
    long start,
    long end,
    long values,
    int maximumRepetition,
    int maximumDefinition)
{
    private const int WindowBytes = 1 << 20;
    private const int LengthBytes = 4;

    private PlainPage? dictionary;
    private long windowStart;
    private int windowLength;
    private long position = start;
    private long left = values;

    /// <summary>The next data page, valid until the next one is asked for; null behind the last.</summary>
    /// <exception cref="UnreadableFileException">The file is damaged, or written in a way that isn't read.</exception>
    public async ValueTask<DecodablePage?> NextAsync(CancellationToken cancellationToken)
    {
        while (left > 0)
        {
            var header = await ReadHeaderAsync(cancellationToken);
            Check(header);
            var body = await BodyAsync(header.Size, cancellationToken);
            position += header.Size;
            switch (header.Type)
            {
                case PageHeader.DictionaryPage when dictionary is null:
                    var plain = Reserve(ref buffers.Dictionary, header, header.UncompressedSize, ParquetEncoding.Plain, out var content);
                    Decompress(body, plain.Span[content..]);
                    dictionary = new PlainPage(plain, plain[content..], header.Values);
                    break;
                case PageHeader.DataPage or PageHeader.DataPageV2 when header.Values > 0:
                    left -= header.Values;
                    return Decodable(header, body);
                case PageHeader.DictionaryPage:
                    throw Damaged("has two dictionaries");
                default:
                    break;
            }
        }

        return null;
    }

    private DecodablePage Decodable(PageHeader header, ReadOnlyMemory<byte> body)
    {
        var isV2 = header.Type == PageHeader.DataPageV2;
        var size = isV2 ? PlainSizeV2(header, body.Length) : header.UncompressedSize;
        if (header.Encoding is < 0 or > ParquetEncoding.Last)
        {
            throw Damaged($"has a page in encoding {header.Encoding}, which doesn't exist");
        }

        var page = Reserve(ref buffers.Page, header, size, header.Encoding, out var content);
        var plain = page.Span[content..];
        var values = isV2 ? UnpackV2(header, body, plain) : UnpackV1(header, body, plain);
        var encoding = CheckEncoding(header, plain[values..]);

        // Encodings take one byte, so that the header's length doesn't depend on which it is.
        HeaderOf(header, size, encoding).CopyTo(page.Span);
        return new DecodablePage(dictionary, page, page.Slice(content, values), page[(content + values)..], encoding, header.Values);
    }

    /// <summary>Room for a page without compression behind its header.</summary>
    private Memory<byte> Reserve(ref byte[] buffer, PageHeader header, int size, int encoding, out int content)
    {
        var plainHeader = HeaderOf(header, size, encoding);
        content = plainHeader.Length;
        memory.Grow(ref buffer, content + size, column);
        plainHeader.CopyTo(buffer);
        return buffer.AsMemory(0, content + size);
    }

    private static ReadOnlySpan<byte> HeaderOf(PageHeader header, int size, int encoding)
    {
        var output = new ArrayBufferWriter<byte>(64);
        header.WritePlain(output, size, encoding);
        return output.WrittenSpan;
    }

    /// <returns>Where the values begin.</returns>
    private int UnpackV1(PageHeader header, ReadOnlyMemory<byte> body, Span<byte> output)
    {
        Decompress(body, output);
        var values = 0;
        for (var levels = (maximumRepetition > 0 ? 1 : 0) + (maximumDefinition > 0 ? 1 : 0); levels > 0; levels--)
        {
            var rest = output[values..];
            var length = rest.Length >= LengthBytes ? BinaryPrimitives.ReadInt32LittleEndian(rest) : -1;
            if (length < 0 || length > rest.Length - LengthBytes)
            {
                throw Damaged("has a page whose levels reach beyond it");
            }

            values += LengthBytes + length;
        }

        return values;
    }

    /// <summary>In version 2 the levels lie before the data, not compressed and without their lengths.</summary>
    private int UnpackV2(PageHeader header, ReadOnlyMemory<byte> body, Span<byte> output)
    {
        var values = 0;
        if (maximumRepetition > 0)
        {
            values += WriteLevels(body.Span[..header.RepetitionBytes], output);
        }

        if (maximumDefinition > 0)
        {
            values += WriteLevels(body.Span.Slice(header.RepetitionBytes, header.DefinitionBytes), output[values..]);
        }

        Decompress(body[(header.RepetitionBytes + header.DefinitionBytes)..], output[values..], header.IsCompressed);
        return values;
    }

    private int PlainSizeV2(PageHeader header, int bodyLength)
    {
        var levels = (long)header.RepetitionBytes + header.DefinitionBytes;
        if (header.RepetitionBytes < 0 || header.DefinitionBytes < 0 || levels > bodyLength || levels > header.UncompressedSize)
        {
            throw Damaged("has a page whose levels reach beyond it");
        }

        return header.UncompressedSize - (int)levels
            + (maximumRepetition > 0 ? LengthBytes + header.RepetitionBytes : 0)
            + (maximumDefinition > 0 ? LengthBytes + header.DefinitionBytes : 0);
    }

    private static int WriteLevels(ReadOnlySpan<byte> levels, Span<byte> output)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output, levels.Length);
        levels.CopyTo(output[LengthBytes..]);
        return LengthBytes + levels.Length;
    }

    private void Decompress(ReadOnlyMemory<byte> body, Span<byte> output, bool isCompressed = true)
    {
        // Some writers leave nothing where there is nothing, others what a codec makes of nothing.
        if (!output.IsEmpty && !PageCodec.TryDecompress(isCompressed ? codec : 0, body, output))
        {
            throw Damaged("has a page that doesn't hold what its header says");
        }
    }

    /// <summary>The encoding to decode <paramref name="data"/> by, once it is known to be safe.</summary>
    private int CheckEncoding(PageHeader header, ReadOnlySpan<byte> data)
    {
        switch (header.Encoding)
        {
            case ParquetEncoding.PlainDictionary or ParquetEncoding.RleDictionary when data.IsEmpty:
                return ParquetEncoding.Plain; // Nulls only.
            case ParquetEncoding.PlainDictionary or ParquetEncoding.RleDictionary when dictionary is null:
                throw Damaged("refers to a dictionary that it doesn't have");
            case ParquetEncoding.DeltaBinaryPacked or ParquetEncoding.DeltaLengthByteArray or ParquetEncoding.DeltaByteArray when data.IsEmpty:
                return ParquetEncoding.Plain;
            case ParquetEncoding.DeltaBinaryPacked or ParquetEncoding.DeltaLengthByteArray:
                CheckDelta(data, header.Values);
                return header.Encoding;
            default:
                return header.Encoding;
        }
    }

    private void CheckDelta(ReadOnlySpan<byte> data, int entries)
    {
        try
        {
            var reader = new ThriftReader(data);
            var (block, parts, count) = (reader.Varint(), reader.Varint(), reader.Varint());
            if (block is > 0 and <= ParquetLimits.DeltaBlockValues && parts > 0 && parts <= block && count <= (ulong)entries)
            {
                return;
            }
        }
        catch (Exception broken) when (broken is EndOfStreamException or InvalidDataException)
        {
            // Reported below.
        }

        throw Damaged("has a page in delta encoding whose sizes can't be");
    }

    private void Check(PageHeader header)
    {
        if (header.Size < 0 || header.UncompressedSize < 0 || header.Size > end - position || header.Values < 0)
        {
            throw Damaged("has a page that reaches beyond the file");
        }

        if (header.Size > ParquetLimits.StoredPageBytes || header.UncompressedSize > ParquetLimits.PageBytes || header.Values > ParquetLimits.PageValues)
        {
            throw ParquetErrors.Unsupported($"column '{column}' has a page of {header.UncompressedSize:N0} bytes ({header.Size:N0} in the file) and {header.Values:N0} values; at most "
                + $"{ParquetLimits.PageBytes >> 20} MiB ({ParquetLimits.StoredPageBytes >> 20} in the file) and {ParquetLimits.PageValues:N0} values are read at once. "
                + "Write smaller pages or smaller row groups, e.g. of 10,000 rows");
        }

        if (header.Type is PageHeader.DataPage or PageHeader.DataPageV2 ? header.Values > left
            : header.Type == PageHeader.DictionaryPage && header.Values > header.UncompressedSize)
        {
            throw Damaged("has a page with more values than there can be");
        }
    }

    private async ValueTask<PageHeader> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        for (var size = 1 << 12; ; size *= 8)
        {
            var available = (int)Math.Min(size, end - position);
            if (available <= 0)
            {
                throw Damaged("ends before its last value");
            }

            var bytes = await WindowAsync(available, cancellationToken);
            try
            {
                var header = PageHeader.Read(bytes.Span, out var length);
                position += length;
                return header;
            }
            catch (EndOfStreamException) when (available == size && size < ParquetLimits.PageHeaderBytes)
            {
                // Statistics with long values.
            }
            catch (Exception broken) when (broken is EndOfStreamException or InvalidDataException)
            {
                throw Damaged("has no page where one should begin", broken);
            }
        }
    }

    /// <summary>A page as it lies in the file, valid until any column reads another.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> BodyAsync(int count, CancellationToken cancellationToken)
    {
        if (count <= WindowBytes)
        {
            return await WindowAsync(count, cancellationToken);
        }

        var stored = memory.Stored(count);
        file.Position = position;
        return await file.ReadAtLeastAsync(stored, count, throwOnEndOfStream: false, cancellationToken) == count ? stored : throw CutOff();
    }

    /// <summary>The next <paramref name="count"/> bytes of the file, which are known to be before the end.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> WindowAsync(int count, CancellationToken cancellationToken)
    {
        if (position < windowStart || position + count > windowStart + windowLength)
        {
            var wanted = (int)Math.Min(Math.Max(count, WindowBytes), end - position);
            if (buffers.Window.Length < wanted)
            {
                buffers.Window = new byte[wanted];
            }

            file.Position = position;
            windowStart = position;
            windowLength = await file.ReadAtLeastAsync(buffers.Window.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, cancellationToken);
            if (windowLength < count)
            {
                throw CutOff();
            }
        }

        return buffers.Window.AsMemory((int)(position - windowStart), count);
    }

    private UnreadableFileException CutOff() => Damaged("lies beyond the end of the file");

    private UnreadableFileException Damaged(string what, Exception? inner = null) => ParquetErrors.Damaged($"column '{column}' {what}", inner);
}
