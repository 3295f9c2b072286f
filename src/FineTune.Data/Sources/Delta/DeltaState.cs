using System.Text.Json;
using FineTune.Core.Datasets;

namespace FineTune.Data.Sources.Delta;

/// <param name="Path">Decoded, below the table's folder.</param>
/// <param name="HasDeletionVector">Some of the file's rows are deleted.</param>
internal sealed record DeltaFile(string Path, long Size, IReadOnlyDictionary<string, string?> PartitionValues, bool HasDeletionVector);

/// <summary>A table's state as actions are applied to it, by the protocol's rules for reconciliation.</summary>
internal sealed class DeltaState(ITableFolder table)
{
    private readonly Dictionary<(string Path, string? DeletionVector), DeltaFile> files = [];

    public IReadOnlyCollection<DeltaFile> Files => files.Values;

    /// <summary>The newest <c>protocol</c>; undefined when there was none.</summary>
    public JsonElement Protocol { get; private set; }

    /// <summary>The newest <c>metaData</c>; undefined when there was none.</summary>
    public JsonElement Metadata { get; private set; }

    /// <summary>Names of files that a checkpoint refers to and that weren't read yet.</summary>
    public Queue<string> Sidecars { get; } = new();

    /// <summary>Applies a commit's or a checkpoint's actions. Within a commit their order means nothing: what is removed was there before.</summary>
    /// <exception cref="DataAccessException">An action can't be.</exception>
    public void Apply(IReadOnlyList<JsonElement> actions)
    {
        foreach (var action in actions)
        {
            if (DeltaJson.Member(action, "remove") is { ValueKind: JsonValueKind.Object } remove)
            {
                files.Remove(Key(remove));
            }
        }

        foreach (var action in actions)
        {
            Apply(action);
        }
    }

    /// <summary>Applies an action of a checkpoint, where nothing that is removed is left.</summary>
    public void Apply(JsonElement action)
    {
        if (DeltaJson.Member(action, "add") is { ValueKind: JsonValueKind.Object } add)
        {
            var key = Key(add);
            files[key] = new DeltaFile(
                key.Path,
                DeltaJson.Number(add, "size") ?? throw DeltaErrors.Damaged(table, $"the log doesn't say how long '{key.Path}' is"),
                Values(DeltaJson.Member(add, "partitionValues")),
                key.DeletionVector is not null);
        }

        if (DeltaJson.Member(action, "protocol") is { ValueKind: JsonValueKind.Object } protocol)
        {
            Protocol = protocol.Clone();
        }

        if (DeltaJson.Member(action, "metaData") is { ValueKind: JsonValueKind.Object } metadata)
        {
            Metadata = metadata.Clone();
        }

        if (DeltaJson.Member(action, "sidecar") is { ValueKind: JsonValueKind.Object } sidecar)
        {
            Sidecars.Enqueue(DeltaJson.Text(sidecar, "path") ?? "");
        }
    }

    private (string Path, string? DeletionVector) Key(JsonElement action)
    {
        var path = DeltaJson.Text(action, "path") ?? throw DeltaErrors.Damaged(table, "the log has a file without a path");
        var vector = DeltaJson.Member(action, "deletionVector");
        return (DeltaPath.Decode(table, path), vector.ValueKind != JsonValueKind.Object
            ? null
            : $"{DeltaJson.Text(vector, "storageType")}{DeltaJson.Text(vector, "pathOrInlineDv")}@{DeltaJson.Number(vector, "offset")}");
    }

    private static Dictionary<string, string?> Values(JsonElement map)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (map.ValueKind == JsonValueKind.Object)
        {
            foreach (var value in map.EnumerateObject())
            {
                values[DeltaJson.Unicode(() => value.Name)] = value.Value.ValueKind == JsonValueKind.String ? DeltaJson.Unicode(() => value.Value.GetString()!) : null;
            }
        }

        return values;
    }
}

/// <summary>Paths in a log: URIs, relative to the table or absolute.</summary>
internal static class DeltaPath
{
    /// <summary>The path below the table's folder.</summary>
    /// <exception cref="DataAccessException">It leads out of the table.</exception>
    public static string Decode(ITableFolder table, string uri)
    {
        var decoded = Uri.UnescapeDataString(uri);
        var path = decoded.StartsWith(table.Location + "/", StringComparison.Ordinal) ? decoded[(table.Location.Length + 1)..] : decoded;
        if (path.StartsWith('/') || path.Contains("://", StringComparison.Ordinal) || path.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            throw DeltaErrors.Unsupported(
                table, $"its log names '{Shown(uri)}', which is outside of its folder", "A shallow clone is such a table: make it a deep clone, or write it as a new table.");
        }

        return path.Length > 0 && !path.Contains('\\', StringComparison.Ordinal) && !path.Any(char.IsControl) && path.Split('/').All(part => part is not ("" or "." or ".."))
            ? path
            : throw DeltaErrors.Damaged(table, $"its log names '{Shown(uri)}', which is no path of a file in it");
    }

    private static string Shown(string uri) => uri.Length <= 200 ? uri : uri[..200] + "…";
}
