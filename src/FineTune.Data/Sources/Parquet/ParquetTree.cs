using Parquet.Schema;

namespace FineTune.Data.Sources.Parquet;

/// <summary>Builds the nodes that are read from the library's view of the schema.</summary>
internal sealed class ParquetTree(ParquetProjection projection)
{
    /// <summary>Names of columns that are in the file but not read.</summary>
    public List<string> Unread { get; } = [];

    public IReadOnlyList<ParquetNode> Build(ParquetSchema schema)
    {
        var nodes = new List<ParquetNode>();
        foreach (var field in schema.Fields)
        {
            if (projection.NameOf(field.Name, field.Name, field.SchemaElement?.FieldId) is not { } name)
            {
                continue;
            }

            if (projection.IsRead(name) && Node(field, name, field.Name, default) is { } node)
            {
                nodes.Add(node);
            }
            else
            {
                Unread.Add(name);
            }
        }

        return nodes;
    }

    /// <summary>Null where nothing below can be read.</summary>
    /// <param name="at">Levels of the field above.</param>
    private ParquetNode? Node(Field field, string name, string path, Levels at)
    {
        var level = at.Definition + (field.IsNullable ? 1 : 0);
        switch (field)
        {
            case DataField { IsArray: true } data when ParquetColumn.Create(data, false) is { } column:
                // A list in the oldest form: a repeated value without a group around it.
                return new ListNode(name, at.Definition, at.Repetition + 1, Checked(column, data, new Levels(at.Definition + 1, at.Repetition + 1)));
            case DataField data when ParquetColumn.Create(data, projection.IsJson(name)) is { } column:
                return Checked(column, data, at with { Definition = level }, name);
            case StructField group:
                return Struct(group, name, path, at with { Definition = level });
            case ListField { Item: DataField { IsArray: true } item } when ParquetColumn.Create(item, false) is { } column:
                return new ListNode(name, level, at.Repetition + 1, Checked(column, item, new Levels(level + 1, at.Repetition + 1)));
            case ListField list when Node(list.Item, name, path, new Levels(level + 1, at.Repetition + 1)) is { } item:
                return new ListNode(name, level, at.Repetition + 1, item);
            case MapField { Key: DataField { SchemaElement.Type: global::Parquet.Meta.Type.BYTE_ARRAY } key } map
                when Node(map.Value, name, path, new Levels(level + 1, at.Repetition + 1)) is { } value:
                var keys = ParquetColumn.Create(key, false)!;
                Checked(keys, key, new Levels(level + 1 + (key.IsNullable ? 1 : 0), at.Repetition + 1));
                return new MapNode(name, level, at.Repetition + 1, keys, value);
            default:
                return null;
        }
    }

    private StructNode? Struct(StructField group, string name, string path, Levels at)
    {
        var fields = new List<ParquetNode>();
        foreach (var field in group.Fields)
        {
            var below = $"{path}.{field.Name}";
            if (projection.NameOf(below, field.Name, field.SchemaElement?.FieldId) is { } own && Node(field, own, below, at) is { } node)
            {
                fields.Add(node);
            }
        }

        return fields.Count > 0 ? new StructNode(name, at.Definition, fields) : null;
    }

    /// <summary>A layout of lists that the library takes for another is found out here, by its levels.</summary>
    private static ValueNode Checked(ParquetColumn column, DataField field, Levels levels, string name = "") =>
        field.MaxDefinitionLevel == levels.Definition && field.MaxRepetitionLevel == levels.Repetition
            ? new ValueNode(name, column)
            : throw ParquetErrors.Unsupported($"the lists around column '{field.Path}' are laid out in an old way. Write the file again with a current writer");

    private readonly record struct Levels(int Definition, int Repetition);
}
