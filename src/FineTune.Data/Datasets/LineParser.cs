using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>Reads the lines of a block; whatever is wrong is reported. Not for concurrent use.</summary>
internal sealed class LineParser(TaskType taskType, DatasetOptions options, string file)
{
    private readonly ExampleParser parser = new(taskType);

    /// <summary>The lines that can be trained on, each valid until the next is asked for.</summary>
    public IEnumerable<(long Line, ParsedExample Example)> Parse(LineBlock block, Action<DatasetProblem> report)
    {
        if (block.TooLong > 0)
        {
            ReportTooLong(block.Bytes.Span, block.TooLong, new ProblemScope(file, block.FirstLine, report));
            yield break;
        }

        foreach (var (number, line) in block.Lines())
        {
            if (!line.Span.ContainsAnyExcept(" \t\r"u8))
            {
                continue;
            }

            var problems = new ProblemScope(file, number, report);
            if (line.Length > options.MaximumLineBytes)
            {
                ReportTooLong(line.Span, line.Length, problems);
            }
            else if (parser.Parse(line, problems) is { } example)
            {
                using (example)
                {
                    yield return (number, example);
                }
            }
        }
    }

    private void ReportTooLong(ReadOnlySpan<byte> beginning, long length, ProblemScope problems) => problems.Error(
        ProblemCodes.LineTooLong,
        null,
        $"The line is {length:N0} bytes long, more than the {options.MaximumLineBytes:N0} allowed.",
        ProblemScope.ExcerptOf(beginning));
}
