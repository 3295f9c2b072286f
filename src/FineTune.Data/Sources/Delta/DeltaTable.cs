using System.Buffers;
using System.Text.Json;
using FineTune.Core.Datasets;
using FineTune.Data.Datasets;
using FineTune.Data.Sources.Parquet;

namespace FineTune.Data.Sources.Delta;

/// <param name="Version">The newest version when the log was read.</param>
/// <param name="Files">In the order of their paths, each pinned and with its columns.</param>
public sealed record DeltaSnapshot(long Version, IReadOnlyList<DataFile> Files);

/// <summary>
/// Reads which files make up a Delta table, by the Delta transaction log protocol
/// (<see href="https://github.com/delta-io/delta/blob/master/PROTOCOL.md"/>).
/// </summary>
public static class DeltaTable
{
    private const int NewestReaderVersion = 3;

    /// <summary>Of reader features, those that change nothing for what is read here, or are heeded.</summary>
    private static readonly string[] KnownFeatures =
        ["columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "typeWidening", "typeWidening-preview"];

    /// <summary>The newest version of the table in the folder; null when there is none.</summary>
    /// <exception cref="DataAccessException">The table is damaged, or of a kind that isn't read.</exception>
    public static async Task<DeltaSnapshot?> ReadAsync(ITableFolder table, CancellationToken cancellationToken = default)
    {
        try
        {
            return await ReadNewestAsync(table, cancellationToken);
        }
        catch (JsonException broken)
        {
            throw DeltaErrors.Damaged(table, "its log has text that isn't Unicode", broken);
        }
    }

    private static async Task<DeltaSnapshot?> ReadNewestAsync(ITableFolder table, CancellationToken cancellationToken)
    {
        if (await DeltaLog.FindAsync(table, cancellationToken) is not { } log)
        {
            return null;
        }

        var state = new DeltaState(table);
        foreach (var part in log.Checkpoint)
        {
            await ReadCheckpointAsync(table, part, state, cancellationToken);
        }

        while (state.Sidecars.TryDequeue(out var sidecar))
        {
            await ReadCheckpointAsync(
                table,
                log.Sidecars.TryGetValue(sidecar[(sidecar.LastIndexOf('/') + 1)..], out var file) ? file : throw DeltaErrors.Damaged(table, $"the part '{sidecar}' of its checkpoint is missing"),
                state,
                cancellationToken);
        }

        foreach (var (_, file) in log.Commits)
        {
            state.Apply(await ReadLinesAsync(table, file, cancellationToken));
        }

        var schema = CheckProtocol(table, state);
        return new DeltaSnapshot(log.Version, await PinAsync(table, log.Version, state.Files, schema, cancellationToken));
    }

    private static async Task<List<JsonElement>> ReadLinesAsync(ITableFolder table, DataFile file, CancellationToken cancellationToken)
    {
        var actions = new List<JsonElement>();
        await using var stream = new PlainStream(table.Open(file));
        await foreach (var block in new LineBlockReader(stream, DatasetOptions.Default, _ => { }).ReadAsync(cancellationToken))
        {
            using (block)
            {
                if (block.TooLong > 0)
                {
                    throw DeltaErrors.Damaged(table, $"line {block.FirstLine} of {file.FileName} is {block.TooLong} bytes long");
                }

                foreach (var (number, line) in block.Lines())
                {
                    if (line.Span.ContainsAnyExcept(" \t"u8))
                    {
                        actions.Add(Parse(table, file, number, line));
                    }
                }
            }
        }

        return actions;
    }

    private static JsonElement Parse(ITableFolder table, DataFile file, long line, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw DeltaErrors.Damaged(table, $"line {line} of {file.FileName} is no action");
        }
        catch (JsonException broken)
        {
            throw DeltaErrors.Damaged(table, $"line {line} of {file.FileName} isn't valid JSON", broken);
        }
    }

    private static async Task ReadCheckpointAsync(ITableFolder table, DataFile file, DeltaState state, CancellationToken cancellationToken)
    {
        if (file.Location.EndsWith(".json", StringComparison.Ordinal))
        {
            state.Apply(await ReadLinesAsync(table, file, cancellationToken));
            return;
        }

        await using var stream = table.Open(file);
        using var rows = new ParquetRows(stream, CheckpointProjection.Instance, DatasetOptions.Default.MaximumLineBytes);
        var row = new ArrayBufferWriter<byte>();
        try
        {
            for (var number = 1L; await rows.WriteNextAsync(row, cancellationToken); number++)
            {
                state.Apply(Parse(table, file, number, row.WrittenMemory));
                row.ResetWrittenCount();
            }
        }
        catch (UnreadableFileException broken)
        {
            throw DeltaErrors.Damaged(table, $"its checkpoint {file.FileName}: {broken.Message.TrimEnd('.')}", broken);
        }
    }

    private static DeltaSchema CheckProtocol(ITableFolder table, DeltaState state)
    {
        if (state.Protocol.ValueKind == JsonValueKind.Undefined || state.Metadata.ValueKind == JsonValueKind.Undefined)
        {
            throw DeltaErrors.Damaged(table, "its log has no protocol or no metadata");
        }

        var version = DeltaJson.Number(state.Protocol, "minReaderVersion") ?? throw DeltaErrors.Damaged(table, "its protocol has no reader version");
        if (version > NewestReaderVersion)
        {
            throw DeltaErrors.Unsupported(table, $"it needs readers of protocol version {version}; this one has {NewestReaderVersion}", "Write it as a new table of an older version.");
        }

        var features = DeltaJson.Texts(state.Protocol, "readerFeatures").ToList();
        if (features.Except(KnownFeatures, StringComparer.Ordinal).ToList() is { Count: > 0 } unknown)
        {
            throw DeltaErrors.Unsupported(
                table,
                $"it needs readers that know {string.Join(", ", unknown)}",
                $"Run ALTER TABLE {table.Name} DROP FEATURE for each, or write it as a new table without.");
        }

        var provider = DeltaJson.Text(DeltaJson.Member(state.Metadata, "format"), "provider");
        return provider is null or "parquet"
            ? new DeltaSchema(table, state.Metadata, version == 2 || features.Contains("columnMapping", StringComparer.Ordinal))
            : throw DeltaErrors.Unsupported(table, $"its files are {provider}, not parquet", "Write it as a new table.");
    }

    private static async Task<IReadOnlyList<DataFile>> PinAsync(
        ITableFolder table, long version, IReadOnlyCollection<DeltaFile> files, DeltaSchema schema, CancellationToken cancellationToken)
    {
        if (files.Where(file => file.HasDeletionVector).ToList() is { Count: > 0 } deleted)
        {
            throw DeltaErrors.Unsupported(
                table,
                $"rows of {deleted.Count} of its {files.Count} files are deleted by deletion vectors, e.g. of '{deleted[0].Path}'",
                $"Run REORG TABLE {table.Name} APPLY (PURGE), which writes these files anew.");
        }

        var present = new Dictionary<string, DataFile>(StringComparer.Ordinal);
        await foreach (var file in table.ListAsync("", cancellationToken))
        {
            present[file.Location] = file;
        }

        var pinned = new List<DataFile>();
        foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            if (!present.TryGetValue($"{table.Location}/{file.Path}", out var found))
            {
                throw DeltaErrors.Damaged(table, $"version {version} has the file '{file.Path}', which isn't there");
            }

            if (found.Length != file.Size)
            {
                throw DeltaErrors.Damaged(table, $"the file '{file.Path}' has {found.Length} bytes, but {file.Size} by the log");
            }

            pinned.Add(found with { Name = $"{table.Name}@v{version}/{file.Path}", Columns = schema.Columns(file.PartitionValues) });
        }

        return pinned;
    }

    /// <summary>Of a checkpoint, what the state is made of.</summary>
    private sealed class CheckpointProjection : ParquetProjection
    {
        public static CheckpointProjection Instance { get; } = new();

        private static readonly string[] Read =
        [
            "add.path", "add.size", "add.partitionValues", "add.deletionVector", "protocol.minReaderVersion", "protocol.readerFeatures",
            "metaData.format", "metaData.schemaString", "metaData.configuration", "sidecar.path",
        ];

        public override string? NameOf(string path, string name, int? fieldId) =>
            Read.Any(read => path == read || path.StartsWith(read + ".", StringComparison.Ordinal) || read.StartsWith(path + ".", StringComparison.Ordinal)) ? name : null;
    }
}
