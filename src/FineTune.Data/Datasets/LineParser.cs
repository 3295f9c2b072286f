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
            ReportUnread(block, 0, long.MaxValue, report);
            ReportTooLong(block.Bytes.Span, block.TooLong, new ProblemScope(file, block.FirstLine, report, block.RecordName));
            yield break;
        }

        var reported = 0;
        if (!block.Bytes.Span.ContainsAnyExcept(" \t\r\n"u8))
        {
            ReportUnread(block, reported, long.MaxValue, report);
            yield break;
        }

        foreach (var (number, line) in block.Lines())
        {
            reported = ReportUnread(block, reported, number, report);
            if (!line.Span.ContainsAnyExcept(" \t\r"u8))
            {
                continue;
            }

            var problems = new ProblemScope(file, number, report, block.RecordName);
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

        ReportUnread(block, reported, long.MaxValue, report);
    }

    /// <summary>Reports the records up to line <paramref name="last"/> that couldn't be read; returns how many are reported.</summary>
    private int ReportUnread(LineBlock block, int reported, long last, Action<DatasetProblem> report)
    {
        for (; reported < block.Problems.Count && block.Problems[reported] is var problem && problem.Line <= last; reported++)
        {
            new ProblemScope(file, problem.Line, report, block.RecordName).Error(problem.Code, problem.Field, problem.Message, problem.Excerpt);
        }

        return reported;
    }

    private void ReportTooLong(ReadOnlySpan<byte> beginning, long length, ProblemScope problems) => problems.Error(
        ProblemCodes.LineTooLong,
        null,
        $"The {problems.Record} is {length:N0} bytes long, more than the {options.MaximumLineBytes:N0} allowed.",
        ProblemScope.ExcerptOf(beginning));
}
