using System.Buffers;
using Parquet;
using Parquet.Schema;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// The rows of a Parquet file as lines of JSON, page by page: memory is bounded by a page of each column, whatever the sizes of file and
/// row groups. Fields that are null are left out, for tables have each field in every row.
/// </summary>
/// <param name="file">Seekable.</param>
/// <param name="rowLimit">Longest row in bytes; longer ones are broken off.</param>
internal sealed class ParquetRows(Stream file, ParquetProjection projection, int rowLimit) : IDisposable
{
    private readonly DecoderStream decoder = new();
    private readonly PageMemory memory = new();
    private readonly JsonRow row = new(rowLimit);
    private ParquetReader? reader;
    private IReadOnlyList<ParquetNode> nodes = [];
    private IReadOnlyList<ParquetColumn> columns = [];
    private List<string> unread = [];
    private int group;
    private long left;

    /// <summary>Writes the next row with its line end; false when there is none.</summary>
    /// <exception cref="UnreadableFileException">The file is damaged, or written in a way that isn't read.</exception>
    public async ValueTask<bool> WriteNextAsync(IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        if (reader is null)
        {
            await OpenAsync(cancellationToken);
        }

        while (left == 0)
        {
            EndGroup();
            if (group == reader!.RowGroupCount)
            {
                return false;
            }

            await BeginGroupAsync(reader.OpenRowGroupReader(group++), cancellationToken);
        }

        left--;
        row.Begin(output);
        foreach (var (name, value) in projection.Constants)
        {
            WriteConstant(name, value);
        }

        foreach (var node in nodes)
        {
            await node.WriteFieldAsync(row, cancellationToken);
        }

        foreach (var name in unread)
        {
            WriteConstant(name, null);
        }

        row.End();
        foreach (var column in columns)
        {
            if (column.Repetition > 0)
            {
                throw ParquetErrors.Damaged("its columns disagree on where rows end");
            }
        }

        return true;
    }

    public void Dispose() => decoder.Dispose();

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        reader = await ParquetFooter.ReadAsync(file, decoder, cancellationToken);
        foreach (var element in reader.Metadata!.Schema.Where(element => element.Type is not null))
        {
            // Plain types suffice, and text stays the bytes it is.
            (element.ConvertedType, element.LogicalType) = (null, null);
        }

        var tree = new ParquetTree(projection);
        nodes = tree.Build(ReadSchema(reader));
        unread = tree.Unread;
        columns = [.. nodes.SelectMany(node => node.Columns)];
    }

    private static ParquetSchema ReadSchema(ParquetReader reader)
    {
        try
        {
            return reader.Schema;
        }
        catch (Exception unknown) when (unknown is not OperationCanceledException)
        {
            throw ParquetErrors.Unsupported($"its schema has a layout that isn't known ({unknown.Message.TrimEnd('.')}). Write the file again with a current writer");
        }
    }

    private async Task BeginGroupAsync(ParquetRowGroupReader rows, CancellationToken cancellationToken)
    {
        if (rows.RowCount < 0)
        {
            throw ParquetErrors.Damaged($"a row group is said to have {rows.RowCount} rows");
        }

        left = columns.Count == 0 ? Math.Min(rows.RowCount, MaximumEmptyRows) : rows.RowCount;
        foreach (var column in columns)
        {
            await column.BeginAsync(rows, file, decoder, memory, cancellationToken);
        }
    }

    private void EndGroup()
    {
        if (columns.Any(column => column.Repetition >= 0))
        {
            throw ParquetErrors.Damaged("a row group has more values than rows");
        }
    }

    private void WriteConstant(string name, string? value)
    {
        row.Name(name);
        if (value is null)
        {
            row.Null();
        }
        else
        {
            row.Text(System.Text.Encoding.UTF8.GetBytes(value));
        }
    }

    /// <summary>Of a row group without any column that is read, rows that are reported; its number of rows is a claim that nothing bears out.</summary>
    private const int MaximumEmptyRows = 1000;
}
