namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// A field of the schema. Writing one consumes its part of the current row from every column below it: the record assembly of Dremel
/// (Melnik et al., 2010).
/// </summary>
/// <param name="level">Definition level from which the field is not null.</param>
internal abstract class ParquetNode(string name, int level, IReadOnlyList<ParquetColumn> columns)
{
    /// <summary>As the row calls it.</summary>
    public string Name => name;

    /// <summary>Columns below; at least one.</summary>
    public IReadOnlyList<ParquetColumn> Columns => columns;

    public bool IsNull => First.Definition < level;

    protected ParquetColumn First => columns[0];

    protected int Level => level;

    /// <summary>Writes the value, which isn't null.</summary>
    public abstract ValueTask WriteAsync(JsonRow row, CancellationToken cancellationToken);

    /// <summary>Writes the value of something that has to be there, null or not.</summary>
    public async ValueTask WriteItemAsync(JsonRow row, CancellationToken cancellationToken)
    {
        if (!IsNull)
        {
            await WriteAsync(row, cancellationToken);
            return;
        }

        row.Null();
        await SkipAsync(cancellationToken);
    }

    /// <summary>Writes name and value; nothing for null, as tables have each field in every row.</summary>
    public async ValueTask WriteFieldAsync(JsonRow row, CancellationToken cancellationToken)
    {
        if (IsNull)
        {
            await SkipAsync(cancellationToken);
            return;
        }

        row.Name(Name);
        await WriteAsync(row, cancellationToken);
    }

    protected async ValueTask SkipAsync(CancellationToken cancellationToken)
    {
        foreach (var column in columns)
        {
            await column.AdvanceAsync(cancellationToken);
        }
    }

    /// <summary>Whether the list at <paramref name="repetition"/> has another element; all columns must agree.</summary>
    protected bool GoesOn(int repetition)
    {
        foreach (var column in columns)
        {
            if (column.Repetition != First.Repetition || column.Repetition > repetition)
            {
                throw ParquetErrors.Damaged($"the columns of '{Name}' disagree on the length of its lists");
            }
        }

        return First.Repetition == repetition;
    }
}

internal sealed class ValueNode(string name, ParquetColumn column) : ParquetNode(name, column.MaximumDefinition, [column])
{
    public override ValueTask WriteAsync(JsonRow row, CancellationToken cancellationToken)
    {
        First.Write(row);
        return First.AdvanceAsync(cancellationToken);
    }
}

internal sealed class StructNode(string name, int level, IReadOnlyList<ParquetNode> fields)
    : ParquetNode(name, level, [.. fields.SelectMany(field => field.Columns)])
{
    public override async ValueTask WriteAsync(JsonRow row, CancellationToken cancellationToken)
    {
        row.Open((byte)'{');
        foreach (var field in fields)
        {
            await field.WriteFieldAsync(row, cancellationToken);
        }

        row.Close((byte)'}');
    }
}

/// <param name="repetition">Repetition level of the list's elements.</param>
internal sealed class ListNode(string name, int level, int repetition, ParquetNode item) : ParquetNode(name, level, item.Columns)
{
    public override async ValueTask WriteAsync(JsonRow row, CancellationToken cancellationToken)
    {
        row.Open((byte)'[');
        if (First.Definition == Level)
        {
            await SkipAsync(cancellationToken);
        }
        else
        {
            do
            {
                await item.WriteItemAsync(row, cancellationToken);
            }
            while (GoesOn(repetition));
        }

        row.Close((byte)']');
    }
}

/// <summary>A map, written as an object.</summary>
internal sealed class MapNode(string name, int level, int repetition, ParquetColumn key, ParquetNode value) : ParquetNode(name, level, [key, .. value.Columns])
{
    public override async ValueTask WriteAsync(JsonRow row, CancellationToken cancellationToken)
    {
        row.Open((byte)'{');
        if (First.Definition == Level)
        {
            await SkipAsync(cancellationToken);
        }
        else
        {
            do
            {
                if (key.Definition < key.MaximumDefinition)
                {
                    throw ParquetErrors.Damaged($"'{Name}' has a key that is null");
                }

                key.Write(row);
                row.Colon();
                await key.AdvanceAsync(cancellationToken);
                await value.WriteItemAsync(row, cancellationToken);
            }
            while (GoesOn(repetition));
        }

        row.Close((byte)'}');
    }
}
