using System.Text.Json;
using FineTune.Core.Datasets;

namespace FineTune.Data.Sources.Delta;

/// <summary>
/// The columns of a table by what its files call them: their names, in column mapping their physical names, or <c>#</c> and their ids. Fields
/// of structs are joined by dots; lists and maps are no part of the name.
/// </summary>
internal sealed class DeltaSchema
{
    private const string Mode = "delta.columnMapping.mode";
    private const string PhysicalName = "delta.columnMapping.physicalName";
    private const string Id = "delta.columnMapping.id";

    private readonly ITableFolder table;
    private readonly string mode;
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> physicalNames = new(StringComparer.Ordinal);

    /// <param name="metadata">The <c>metaData</c> action.</param>
    /// <param name="mayMap">Whether the table's protocol has column mapping; otherwise its property means nothing.</param>
    /// <exception cref="DataAccessException">The schema can't be read.</exception>
    public DeltaSchema(ITableFolder table, JsonElement metadata, bool mayMap)
    {
        this.table = table;
        mode = mayMap && DeltaJson.Member(metadata, "configuration") is { ValueKind: JsonValueKind.Object } configuration
            ? DeltaJson.Text(configuration, Mode) ?? "none"
            : "none";
        if (mode is not ("none" or "name" or "id"))
        {
            throw DeltaErrors.Unsupported(table, $"its columns are mapped in a way that isn't known, '{mode}'", "Write it as a new table.");
        }

        try
        {
            using var schema = JsonDocument.Parse(DeltaJson.Text(metadata, "schemaString") ?? "");
            AddFields(schema.RootElement, "", "");
        }
        catch (JsonException broken)
        {
            throw DeltaErrors.Damaged(table, "its schema isn't valid JSON", broken);
        }
    }

    /// <summary>What a file with these partition values has.</summary>
    public TableColumns Columns(IReadOnlyDictionary<string, string?> partitionValues)
    {
        var values = partitionValues
            .Where(pair => physicalNames.ContainsKey(pair.Key))
            .ToDictionary(pair => physicalNames[pair.Key], pair => pair.Value is { Length: 0 } ? null : pair.Value, StringComparer.Ordinal);
        return new TableColumns(names.Where(pair => !values.ContainsKey(pair.Value)).ToDictionary(), values);
    }

    private void AddFields(JsonElement type, string path, string parent)
    {
        switch (DeltaJson.Text(type, "type"))
        {
            case "struct" when DeltaJson.Member(type, "fields") is { ValueKind: JsonValueKind.Array } fields:
                foreach (var field in fields.EnumerateArray())
                {
                    AddField(field, path);
                }

                break;
            case "array":
                AddFields(DeltaJson.Member(type, "elementType"), path, parent);
                break;
            case "map":
                AddFields(DeltaJson.Member(type, "valueType"), path, parent);
                break;
            default:
                if (parent.Length == 0)
                {
                    throw DeltaErrors.Damaged(table, "its schema has no columns");
                }

                break;
        }
    }

    private void AddField(JsonElement field, string path)
    {
        var name = DeltaJson.Text(field, "name") ?? throw DeltaErrors.Damaged(table, "a column of its schema has no name");
        var metadata = DeltaJson.Member(field, "metadata");
        var physical = mode == "none" ? name : DeltaJson.Text(metadata, PhysicalName) ?? throw Unmapped(name);
        var full = path.Length == 0 ? physical : $"{path}.{physical}";
        var key = mode != "id" ? full : DeltaJson.Member(metadata, Id) is { ValueKind: JsonValueKind.Number } id ? $"#{id.GetRawText()}" : throw Unmapped(name);
        names[key] = name;
        if (path.Length == 0)
        {
            physicalNames[physical] = name;
        }

        if (DeltaJson.Member(field, "type") is { ValueKind: JsonValueKind.Object } type)
        {
            AddFields(type, full, name);
        }
    }

    private DataAccessException Unmapped(string name) => DeltaErrors.Damaged(table, $"its columns are mapped, but column '{name}' isn't");
}
