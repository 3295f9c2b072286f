using System.Runtime.CompilerServices;
using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>
/// Reads the examples of a data set in order, streaming. Whatever is wrong is reported and reading goes on; a line with an error gives
/// no example. Memory is bounded by <see cref="DatasetOptions"/>, whatever the files' sizes.
/// </summary>
public sealed class DatasetReader(TaskType taskType, DatasetOptions options, Action<DatasetProblem> report)
{
    private static readonly string[] JsonLinesExtensions = [".jsonl", ".ndjson"];

    private readonly ExampleParser parser = new(taskType);
    private readonly TextDocumentReader documents = new(options, report);
    private bool hasContent;

    /// <summary>Bytes read so far, of all sources.</summary>
    public long Bytes { get; private set; }

    public async IAsyncEnumerable<DatasetItem> ReadAsync(
        IReadOnlyList<DatasetSource> sources, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var source in sources)
        {
            var extension = Path.GetExtension(source.Name);
            var isText = taskType == TaskType.ContinuedPretrain && extension.Equals(".txt", StringComparison.OrdinalIgnoreCase);
            if (!isText && !JsonLinesExtensions.Contains(extension, StringComparer.OrdinalIgnoreCase))
            {
                ReportFileType(source.Name, extension);
                continue;
            }

            await using var stream = await source.OpenAsync(cancellationToken);
            var items = isText
                ? documents.ReadAsync(stream, source.Name, Advance, cancellationToken)
                : ReadLinesAsync(stream, source.Name, cancellationToken);
            hasContent = false;
            await foreach (var item in items)
            {
                hasContent = true;
                yield return item;
            }

            if (!hasContent)
            {
                new ProblemScope(source.Name, null, report).Warning(
                    ProblemCodes.EmptyFile, null, "The file has no examples; is it the right one?");
            }
        }
    }

    private async IAsyncEnumerable<DatasetItem> ReadLinesAsync(
        Stream stream, string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in LineReader.ReadAsync(stream, options.MaximumLineBytes, Advance, cancellationToken))
        {
            if (!line.Bytes.Span.ContainsAnyExcept(" \t\r"u8) && !line.TooLong)
            {
                continue;
            }

            hasContent = true;
            var problems = new ProblemScope(file, line.Number, report);
            if (line.TooLong)
            {
                problems.Error(
                    ProblemCodes.LineTooLong,
                    null,
                    $"The line is {line.Length:N0} bytes long, more than the {options.MaximumLineBytes:N0} allowed; split the example.",
                    ProblemScope.ExcerptOf(line.Bytes.Span));
            }
            else if (parser.Parse(line.Bytes, problems) is { } example)
            {
                yield return example;
            }
        }
    }

    private void ReportFileType(string file, string extension) => new ProblemScope(file, null, report).Error(
        ProblemCodes.UnsupportedFileType,
        null,
        taskType == TaskType.ContinuedPretrain
            ? $"Files of type '{extension}' can't be read; use .txt, or .jsonl with a 'text' in each line."
            : $"Files of type '{extension}' can't be read; use .jsonl with one example in each line.",
        extension);

    private void Advance(int read) => Bytes += read;
}
