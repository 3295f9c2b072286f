using FineTune.Core.Datasets;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources.Parquet;

/// <summary>What is read of a file, and what it is called.</summary>
internal abstract class ParquetProjection
{
    /// <summary>Values that every row has besides the file's.</summary>
    public virtual IReadOnlyDictionary<string, string?> Constants => new Dictionary<string, string?>();

    /// <summary>The name in rows of the field at <paramref name="path"/> (names joined by dots; lists and maps are no part of it), or null to leave it out.</summary>
    public abstract string? NameOf(string path, string name, int? fieldId);

    /// <summary>Whether the values of a column are needed; of others rows have the name, with null.</summary>
    public virtual bool IsRead(string name) => true;

    /// <summary>Whether text in a field of this name may be JSON.</summary>
    public virtual bool IsJson(string name) => false;
}

/// <summary>Rows as examples: the columns that a task may need, whole; of others only that they are there.</summary>
/// <param name="columns">Of a table's file, the table's columns.</param>
internal sealed class ExampleProjection(TableColumns? columns) : ParquetProjection
{
    private readonly bool byId = columns?.Names.Keys.Any(key => key.StartsWith('#')) == true;

    public override IReadOnlyDictionary<string, string?> Constants => columns?.Values ?? base.Constants;

    public override string? NameOf(string path, string name, int? fieldId) =>
        columns is null ? name
        : byId && fieldId is null ? throw ParquetErrors.Unsupported("the table maps columns by id, and the file has no ids. Rewrite the table's files, e.g. by OPTIMIZE")
        : columns.Names.GetValueOrDefault(byId ? $"#{fieldId}" : path);

    public override bool IsRead(string name) => ExampleParser.KnownNames.Contains(name, StringComparer.Ordinal);

    public override bool IsJson(string name) => name is "messages" or "tools" or "functions" or "tool_calls" or "function_call";
}
