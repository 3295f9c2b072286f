using System.Runtime.CompilerServices;
using FineTune.Core.Runs;
using FineTune.Data.Sources;

namespace FineTune.Data.Datasets;

/// <summary>
/// Reads the examples of a data set in order, streaming. Whatever is wrong is reported and reading goes on; a line with an error gives
/// no example. Memory is bounded by <see cref="DatasetOptions"/>, whatever the files' sizes.
/// </summary>
public sealed class DatasetReader(TaskType taskType, DatasetOptions options, Action<DatasetProblem> report)
{
    private readonly TextDocumentReader documents = new(options, report);

    /// <summary>Bytes read so far, of all sources.</summary>
    public long Bytes { get; private set; }

    public async IAsyncEnumerable<DatasetItem> ReadAsync(
        IReadOnlyList<DatasetSource> sources, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var source in sources)
        {
            var items = IsText(source) ? ReadDocumentAsync(source, cancellationToken) : ReadExamplesAsync(source, cancellationToken);
            await foreach (var item in items)
            {
                yield return item;
            }
        }
    }

    /// <summary>Whether <paramref name="source"/> is one document; otherwise it has a record in each line.</summary>
    internal bool IsText(DatasetSource source) =>
        taskType == TaskType.ContinuedPretrain && source.Format.Records == RecordFormat.Text;

    /// <summary>The parts of a text.</summary>
    internal async IAsyncEnumerable<DocumentPart> ReadDocumentAsync(
        DatasetSource source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var stream = await RecordStreams.OpenAsync(source, options, cancellationToken);
        var hasContent = false;
        await foreach (var part in documents.ReadAsync(stream, source.Name, Advance, cancellationToken))
        {
            hasContent = true;
            yield return part;
        }

        CheckEnd(source, stream, hasContent);
    }

    /// <summary>The blocks of a file with a record in each line; the caller disposes each.</summary>
    internal async IAsyncEnumerable<LineBlock> ReadBlocksAsync(
        DatasetSource source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (source.Format.Records == RecordFormat.LeftOut)
        {
            Scope(source).Warning(ProblemCodes.LeftOutFile, null, "The file is left out.");
            yield break;
        }

        if (source.Format.Records is RecordFormat.Unknown or RecordFormat.Text)
        {
            var extension = Path.GetExtension(source.Name);
            Scope(source).Error(ProblemCodes.UnsupportedFileType, null, $"Files of type '{extension}' can't be read.", extension);
            yield break;
        }

        await using var stream = await RecordStreams.OpenAsync(source, options, cancellationToken);
        var hasContent = false;
        await foreach (var block in new LineBlockReader(stream, options, Advance).ReadAsync(cancellationToken))
        {
            if (!hasContent && block.HasContent)
            {
                hasContent = true;
                if (block.OpensDocument)
                {
                    block.Dispose();
                    Scope(source).Error(ProblemCodes.JsonNotLines, null, "The file is one JSON document over several lines.");
                    yield break;
                }
            }

            yield return block;
        }

        CheckEnd(source, stream, hasContent);
    }

    private async IAsyncEnumerable<DatasetItem> ReadExamplesAsync(
        DatasetSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parser = new LineParser(taskType, options, source.Name);
        await foreach (var block in ReadBlocksAsync(source, cancellationToken))
        {
            using (block)
            {
                foreach (var (line, example) in parser.Parse(block, report))
                {
                    var item = example.ToItem(source.Name, line);
                    yield return DatasetProblem.OtherThanLine(block.RecordName) is { } record ? item with { Record = record } : item;
                }
            }
        }
    }

    private void CheckEnd(DatasetSource source, RecordStream stream, bool hasContent)
    {
        if (stream.Failure is { } failure)
        {
            Scope(source).Error(failure.Code, null, failure.Message);
        }
        else if (!hasContent && !source.StartsMidway)
        {
            Scope(source).Warning(ProblemCodes.EmptyFile, null, "The file has no examples.");
        }
    }

    private ProblemScope Scope(DatasetSource source) => new(source.Name, null, report);

    private void Advance(int read) => Bytes += read;
}
