using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FineTune.Core.Storage;

namespace FineTune.Testing.Tables;

/// <summary>The files of a Delta table, by their paths below its folder, made action by action.</summary>
public sealed class DeltaFiles
{
    public const string Protocol = """{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}""";

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>A table with a first commit of its protocol, its schema and one file for each content.</summary>
    public static DeltaFiles Of(IReadOnlyList<string> columns, params byte[][] contents)
    {
        var table = new DeltaFiles();
        return table.Commit(0, [Protocol, Metadata([.. columns.Select(column => Column(column))]), .. contents.Select((content, index) => table.Add($"part-{index}.parquet", content))]);
    }

    public static string CommitName(long version) => $"_delta_log/{version:D20}.json";

    /// <param name="type">A primitive type's name, or a schema.</param>
    public static JsonObject Column(string name, JsonNode? type = null, int? id = null, string? physical = null)
    {
        var metadata = new JsonObject();
        if (id is not null)
        {
            metadata["delta.columnMapping.id"] = id;
            metadata["delta.columnMapping.physicalName"] = physical;
        }

        return new JsonObject { ["name"] = name, ["type"] = type ?? "string", ["nullable"] = true, ["metadata"] = metadata };
    }

    public static JsonObject Struct(params JsonNode[] fields) => new() { ["type"] = "struct", ["fields"] = new JsonArray(fields) };

    public static string Metadata(JsonNode[] columns, string? mapping = null, params string[] partitionColumns) => new JsonObject
    {
        ["metaData"] = new JsonObject
        {
            ["id"] = "af23c9d7-fff1-4a5a-a2c8-55c59bd782aa",
            ["format"] = new JsonObject { ["provider"] = "parquet", ["options"] = new JsonObject() },
            ["schemaString"] = Struct(columns).ToJsonString(),
            ["partitionColumns"] = new JsonArray([.. partitionColumns.Select(column => JsonValue.Create(column))]),
            ["configuration"] = mapping is null ? new JsonObject() : new JsonObject { ["delta.columnMapping.mode"] = mapping },
        },
    }.ToJsonString();

    /// <summary>Keeps a data file; gives the action that adds it.</summary>
    public string Add(string path, byte[] content, string? uri = null, string? more = null)
    {
        Files[path] = content;
        return $$$"""{"add": {"path": {{{JsonSerializer.Serialize(uri ?? path)}}}, "partitionValues": {}, "size": {{{content.Length}}}, "modificationTime": 1, "dataChange": true{{{more}}} }}""";
    }

    public static string Remove(string path) => $$$"""{"remove": {"path": {{{JsonSerializer.Serialize(path)}}}, "dataChange": true}}""";

    public DeltaFiles Commit(long version, params string[] actions)
    {
        Files[CommitName(version)] = Encoding.UTF8.GetBytes("""{"commitInfo": {"operation": "WRITE"}}""" + "\n" + string.Join('\n', actions) + "\n");
        return this;
    }

    /// <summary>Writes actions as a checkpoint of Parquet.</summary>
    public async Task<DeltaFiles> CheckpointAsync(string name, params string[] actions)
    {
        Files[$"_delta_log/{name}"] = await ParquetFiles.OfLinesAsync<CheckpointRow>(string.Join('\n', actions));
        return this;
    }

    public async Task SaveAsync(IBlobStore blobs, BlobPath folder)
    {
        foreach (var (path, content) in Files)
        {
            using var stream = new MemoryStream(content);
            await blobs.WriteAsync(folder / path, stream);
        }
    }

    public void Save(string folder)
    {
        foreach (var (path, content) in Files)
        {
            var file = new FileInfo(Path.Combine(folder, path));
            file.Directory!.Create();
            File.WriteAllBytes(file.FullName, content);
        }
    }
}

/// <summary>A row of a checkpoint: one of the actions, the others null.</summary>
public sealed class CheckpointRow
{
    [JsonPropertyName("add")]
    public AddRow? Add { get; set; }

    [JsonPropertyName("metaData")]
    public MetadataRow? Metadata { get; set; }

    [JsonPropertyName("protocol")]
    public ProtocolRow? Protocol { get; set; }

    [JsonPropertyName("sidecar")]
    public SidecarRow? Sidecar { get; set; }
}

public sealed class AddRow
{
    [JsonPropertyName("path")]
    public string? Path { get; set; }

    [JsonPropertyName("partitionValues")]
    public Dictionary<string, string?>? PartitionValues { get; set; }

    [JsonPropertyName("size")]
    public long? Size { get; set; }

    [JsonPropertyName("stats")]
    public string? Stats { get; set; }
}

public sealed class MetadataRow
{
    [JsonPropertyName("schemaString")]
    public string? Schema { get; set; }

    [JsonPropertyName("configuration")]
    public Dictionary<string, string?>? Configuration { get; set; }
}

public sealed class ProtocolRow
{
    [JsonPropertyName("minReaderVersion")]
    public int? MinReaderVersion { get; set; }

    [JsonPropertyName("readerFeatures")]
    public List<string>? ReaderFeatures { get; set; }
}

public sealed class SidecarRow
{
    [JsonPropertyName("path")]
    public string? Path { get; set; }
}
