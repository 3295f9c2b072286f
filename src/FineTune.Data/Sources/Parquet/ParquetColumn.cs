using System.Buffers.Binary;
using System.Numerics;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;
using PhysicalType = Parquet.Meta.Type;

namespace FineTune.Data.Sources.Parquet;

/// <summary>A column of plain values, walked entry by entry through all row groups. An entry is a value or a null with its levels.</summary>
internal abstract class ParquetColumn(DataField field)
{
    private readonly ChunkBuffers buffers = new();

    protected DataField Field { get; } = field;

    public int MaximumDefinition => Field.MaxDefinitionLevel;

    public int MaximumRepetition => Field.MaxRepetitionLevel;

    /// <summary>How much of the path to the entry's value is there; the value itself at <see cref="MaximumDefinition"/>.</summary>
    public int Definition { get; private set; }

    /// <summary>At which list the entry goes on; 0 begins a row, -1 is behind the last entry.</summary>
    public int Repetition { get; private set; } = -1;

    /// <summary>Whether the value is to be written as the JSON it holds.</summary>
    public bool IsJson { get; init; }

    /// <summary>As messages call it.</summary>
    protected string Name => Field.Path.ToString();

    private PageMemory? memory;
    private ParquetRowGroupReader? group;
    private ColumnMetaData? metadata;
    private ChunkReader? chunk;
    private DecoderStream? decoder;
    private int[] definitions = [];
    private int[] repetitions = [];
    private int entry;
    private int count;

    /// <summary>Index of the entry's value among the page's values.</summary>
    protected int Value { get; private set; }

    public static ParquetColumn? Create(DataField field, bool isJson) => field.SchemaElement?.Type switch
    {
        PhysicalType.BYTE_ARRAY => new TextColumn(field) { IsJson = isJson },
        PhysicalType.BOOLEAN => new Values<bool>(field, static (row, value) => row.Literal(value ? "true"u8 : "false"u8)),
        PhysicalType.INT32 => new Values<int>(field, static (row, value) => row.Number(value)),
        PhysicalType.INT64 => new Values<long>(field, static (row, value) => row.Number(value)),
        PhysicalType.FLOAT => new Values<float>(field, static (row, value) => row.Number(value)),
        PhysicalType.DOUBLE => new Values<double>(field, static (row, value) => row.Number(value)),
        _ => null,
    };

    /// <summary>Begins a row group.</summary>
    public async ValueTask BeginAsync(ParquetRowGroupReader rows, Stream file, DecoderStream stream, PageMemory pages, CancellationToken cancellationToken)
    {
        (group, decoder, memory) = (rows, stream, pages);
        var name = Name;
        if (rows.GetMetadata(Field) is not { MetaData: { } data, FilePath: null or "" })
        {
            throw ParquetErrors.Unsupported($"column '{name}' is encrypted, in another file, or missing in a part of the file");
        }

        metadata = data;
        var codec = (int)data.Codec;
        if (!PageCodec.IsKnown(codec))
        {
            throw ParquetErrors.Unsupported($"column '{name}' is compressed by {data.Codec}. Write it with Snappy, Zstandard, gzip or none");
        }

        // Offsets before the first byte that can be data mean "none".
        var start = new[] { data.DictionaryPageOffset ?? 0, data.DataPageOffset }.Where(offset => offset >= DecoderStream.Start).DefaultIfEmpty(-1).Min();

        // Some writers leave the dictionary's header out of the size.
        const int Slack = 128;
        var end = data.TotalCompressedSize is >= 0 and < long.MaxValue / 2 && start >= 0 ? Math.Min(file.Length, start + data.TotalCompressedSize + Slack) : -1;
        if (start < 0 || start > end || data.NumValues < 0)
        {
            throw ParquetErrors.Damaged($"column '{name}' lies outside of the file");
        }

        chunk = new ChunkReader(file, pages, buffers, name, codec, start, end, data.NumValues, MaximumRepetition, MaximumDefinition);
        (entry, count) = (0, 0);
        await LoadAsync(cancellationToken);
    }

    /// <summary>Goes to the next entry.</summary>
    public ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        if (Repetition < 0)
        {
            throw ParquetErrors.Damaged($"column '{Field.Path}' has fewer values than rows");
        }

        Value += Definition == MaximumDefinition ? 1 : 0;
        if (++entry == count)
        {
            return LoadAsync(cancellationToken);
        }

        Take();
        return default;
    }

    public abstract void Write(JsonRow row);

    /// <summary>Reads the values and levels of a page.</summary>
    protected abstract ValueTask DecodeAsync(
        DecodablePage page, PageMemory memory, Memory<int> definition, Memory<int> repetition, CancellationToken cancellationToken);

    private void Take()
    {
        Definition = MaximumDefinition == 0 ? 0 : definitions[entry];
        Repetition = MaximumRepetition == 0 ? 0 : repetitions[entry];
    }

    private async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (await chunk!.NextAsync(cancellationToken) is not { } page)
        {
            Repetition = -1;
            return;
        }

        await ReadPageAsync(page, cancellationToken);
        (entry, count, Value) = (0, page.Entries, 0);
        Take();
    }

    private async ValueTask ReadPageAsync(DecodablePage page, CancellationToken cancellationToken)
    {
        var definition = Levels(ref definitions, MaximumDefinition, page.Entries);
        var repetition = Levels(ref repetitions, MaximumRepetition, page.Entries);
        try
        {
            await DecodeAsync(page, memory!, definition, repetition, cancellationToken);
        }
        catch (Exception broken) when (broken is not (OperationCanceledException or UnreadableFileException))
        {
            throw ParquetErrors.Damaged($"column '{Name}' has a page that can't be decoded", broken);
        }

        if (!IsWithin(definition.Span, MaximumDefinition) || !IsWithin(repetition.Span, MaximumRepetition))
        {
            throw ParquetErrors.Damaged($"column '{Name}' has a page with fewer values than it says, or levels that don't exist");
        }
    }

    /// <summary>Lets the library decode the page.</summary>
    protected ValueTask DecodeAsync<T>(
        DecodablePage page, Memory<T> values, Memory<int> definition, Memory<int> repetition, CancellationToken cancellationToken)
        where T : struct
    {
        var dictionary = page.Dictionary?.Page ?? default;
        decoder!.Show(dictionary, page.Page);
        metadata!.Codec = CompressionCodec.UNCOMPRESSED;
        metadata.NumValues = page.Entries;
        metadata.DictionaryPageOffset = dictionary.IsEmpty ? null : DecoderStream.Start;
        metadata.DataPageOffset = DecoderStream.Start + dictionary.Length;
        metadata.IndexPageOffset = null;
        return group!.ReadRawAsync(
            Field, values, MaximumDefinition > 0 ? definition : default(Memory<int>?), MaximumRepetition > 0 ? repetition : default(Memory<int>?), cancellationToken);
    }

    /// <summary>Filled with what is no level, so that those not decoded show; empty where there are none.</summary>
    private Memory<int> Levels(ref int[] levels, int maximum, int entries)
    {
        if (maximum == 0)
        {
            return default;
        }

        memory!.Grow(ref levels, entries, Name);
        levels.AsSpan(0, entries).Fill(-1);
        return levels.AsMemory(0, entries);
    }

    private static bool IsWithin(ReadOnlySpan<int> levels, int maximum) => !levels.ContainsAnyExceptInRange(0, maximum);

    /// <summary>Text, as the bytes that the file has; what isn't UTF-8 is found where lines are checked. Decoded here, as the library copies pages.</summary>
    private sealed class TextColumn(DataField field) : ParquetColumn(field)
    {
        private const int LengthBytes = 4;

        private TextPage? texts;
        private PlainPage? dictionary;

        public override void Write(JsonRow row)
        {
            var text = texts![Value];
            if (!IsJson || !row.TryJson(text))
            {
                row.Text(text.Span);
            }
        }

        protected override ValueTask DecodeAsync(
            DecodablePage page, PageMemory memory, Memory<int> definition, Memory<int> repetition, CancellationToken cancellationToken)
        {
            texts ??= new TextPage(memory, Name);
            if (page.Dictionary is not null && !ReferenceEquals(page.Dictionary, dictionary))
            {
                texts.ReadDictionary(page.Dictionary.Content, page.Dictionary.Entries);
            }

            dictionary = page.Dictionary;
            var levels = ReadLevels(page.Levels.Span, MaximumRepetition, repetition.Span);
            ReadLevels(levels, MaximumDefinition, definition.Span);
            texts.Read(page.Encoding, page.Values, definition.IsEmpty ? page.Entries : definition.Span.Count(MaximumDefinition));
            return default;
        }

        private static ReadOnlySpan<byte> ReadLevels(ReadOnlySpan<byte> bytes, int maximum, Span<int> levels)
        {
            if (maximum == 0)
            {
                return bytes;
            }

            var length = LengthBytes + BinaryPrimitives.ReadInt32LittleEndian(bytes);
            RleHybrid.Read(bytes[LengthBytes..length], 32 - BitOperations.LeadingZeroCount((uint)maximum), levels);
            return bytes[length..];
        }
    }

    private sealed class Values<T>(DataField field, Action<JsonRow, T> write) : ParquetColumn(field)
        where T : struct
    {
        private T[] values = [];

        public override void Write(JsonRow row) => write(row, values[Value]);

        protected override ValueTask DecodeAsync(
            DecodablePage page, PageMemory memory, Memory<int> definition, Memory<int> repetition, CancellationToken cancellationToken)
        {
            if (page.Encoding is ParquetEncoding.DeltaLengthByteArray or ParquetEncoding.DeltaByteArray)
            {
                throw new InvalidDataException($"numbers in encoding {page.Encoding}, which is for text");
            }

            memory.Grow(ref values, page.Entries, Name);
            return DecodeAsync(page, values.AsMemory(0, page.Entries), definition, repetition, cancellationToken);
        }
    }
}
