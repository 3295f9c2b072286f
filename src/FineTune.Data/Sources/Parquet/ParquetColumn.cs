using Parquet;
using Parquet.Meta;
using Parquet.Schema;
using PhysicalType = Parquet.Meta.Type;

namespace FineTune.Data.Sources.Parquet;

/// <summary>A column of plain values, walked entry by entry through all row groups. An entry is a value or a null with its levels.</summary>
internal abstract class ParquetColumn(DataField field)
{
    private readonly int[] noLevels = [];

    protected DataField Field { get; } = field;

    public int MaximumDefinition => Field.MaxDefinitionLevel;

    public int MaximumRepetition => Field.MaxRepetitionLevel;

    /// <summary>How much of the path to the entry's value is there; the value itself at <see cref="MaximumDefinition"/>.</summary>
    public int Definition { get; private set; }

    /// <summary>At which list the entry goes on; 0 begins a row, -1 is behind the last entry.</summary>
    public int Repetition { get; private set; } = -1;

    /// <summary>Whether the value is to be written as the JSON it holds.</summary>
    public bool IsJson { get; init; }

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
    public async ValueTask BeginAsync(ParquetRowGroupReader rows, Stream file, DecoderStream stream, PageBuffer buffer, CancellationToken cancellationToken)
    {
        (group, decoder) = (rows, stream);
        var name = Field.Path.ToString();
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

        chunk = new ChunkReader(file, buffer, name, codec, start, end, data.NumValues, MaximumRepetition, MaximumDefinition);
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

    protected abstract ValueTask ReadAsync(ParquetRowGroupReader rows, int entries, Memory<int>? definitionLevels, Memory<int>? repetitionLevels, CancellationToken cancellationToken);

    /// <summary>Whether all of the page's <paramref name="values"/> were decoded.</summary>
    protected virtual bool IsComplete(int values) => true;

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

        await DecodeAsync(page, cancellationToken);
        (entry, count, Value) = (0, page.Values, 0);
        Take();
    }

    private async ValueTask DecodeAsync(DecodablePage page, CancellationToken cancellationToken)
    {
        definitions = Levels(definitions, MaximumDefinition, page.Values);
        repetitions = Levels(repetitions, MaximumRepetition, page.Values);
        decoder!.Show(page.Bytes);
        metadata!.Codec = CompressionCodec.UNCOMPRESSED;
        metadata.NumValues = page.Values;
        metadata.DictionaryPageOffset = page.HasDictionary ? DecoderStream.Start : null;
        metadata.DataPageOffset = DecoderStream.Start + page.DataOffset;
        metadata.IndexPageOffset = null;
        try
        {
            await ReadAsync(
                group!,
                page.Values,
                MaximumDefinition > 0 ? definitions.AsMemory(0, page.Values) : default(Memory<int>?),
                MaximumRepetition > 0 ? repetitions.AsMemory(0, page.Values) : default(Memory<int>?),
                cancellationToken);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            throw ParquetErrors.Damaged($"column '{Field.Path}' has a page that can't be decoded", broken);
        }

        if (!IsWithin(definitions.AsSpan(0, MaximumDefinition > 0 ? page.Values : 0), MaximumDefinition)
            || !IsWithin(repetitions.AsSpan(0, MaximumRepetition > 0 ? page.Values : 0), MaximumRepetition)
            || !IsComplete(MaximumDefinition > 0 ? definitions.AsSpan(0, page.Values).Count(MaximumDefinition) : page.Values))
        {
            throw ParquetErrors.Damaged($"column '{Field.Path}' has a page with fewer values than it says, or levels that don't exist");
        }
    }

    /// <summary>Filled with what is no level, so that those not decoded show.</summary>
    private int[] Levels(int[] levels, int maximum, int entries)
    {
        if (maximum == 0)
        {
            return noLevels;
        }

        levels = levels.Length < entries ? new int[entries] : levels;
        levels.AsSpan(0, entries).Fill(-1);
        return levels;
    }

    private static bool IsWithin(ReadOnlySpan<int> levels, int maximum) => !levels.ContainsAnyExceptInRange(0, maximum);

    /// <summary>Text, as the bytes that the file has; what isn't UTF-8 is found where lines are checked.</summary>
    private sealed class TextColumn(DataField field) : ParquetColumn(field)
    {
        private static readonly ReadOnlyMemory<byte> Missing = new byte[1].AsMemory(1);

        private ReadOnlyMemory<byte>[] values = [];

        public override void Write(JsonRow row)
        {
            if (!IsJson || !row.TryJson(values[Value]))
            {
                row.Text(values[Value].Span);
            }
        }

        protected override ValueTask ReadAsync(
            ParquetRowGroupReader rows, int entries, Memory<int>? definitionLevels, Memory<int>? repetitionLevels, CancellationToken cancellationToken)
        {
            values = values.Length < entries ? new ReadOnlyMemory<byte>[entries] : values;
            values.AsSpan().Fill(Missing);
            return rows.ReadRawAsync(Field, values.AsMemory(), definitionLevels, repetitionLevels, cancellationToken);
        }

        protected override bool IsComplete(int values)
        {
            foreach (var value in this.values.AsSpan(0, values))
            {
                if (value.Equals(Missing))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private sealed class Values<T>(DataField field, Action<JsonRow, T> write) : ParquetColumn(field)
        where T : struct
    {
        private T[] values = [];

        public override void Write(JsonRow row) => write(row, values[Value]);

        protected override ValueTask ReadAsync(
            ParquetRowGroupReader rows, int entries, Memory<int>? definitionLevels, Memory<int>? repetitionLevels, CancellationToken cancellationToken)
        {
            values = values.Length < entries ? new T[entries] : values;
            return rows.ReadRawAsync(Field, values.AsMemory(), definitionLevels, repetitionLevels, cancellationToken);
        }
    }
}
