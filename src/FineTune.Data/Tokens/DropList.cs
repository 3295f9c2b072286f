using FineTune.Core.Faults;
using FineTune.Data.Datasets;
using FineTune.Data.Sources;

namespace FineTune.Data.Tokens;

/// <summary>Counts dropped examples by reason. A line with several errors is dropped once, for the first.</summary>
internal sealed class DropList(TokenizationOptions options)
{
    private readonly SortedDictionary<string, (long Count, List<ExampleLine> Lines)> reasons = new(StringComparer.Ordinal);
    private ExampleLine? last;

    /// <summary>Receives the reader's problems.</summary>
    /// <exception cref="FaultException">A whole file can't be read, which is never a matter of a few examples.</exception>
    public void Add(DatasetProblem problem)
    {
        if (problem.Severity == ProblemSeverity.Warning)
        {
            return;
        }

        if (problem.File is null || problem.Line is null || IsText(problem.File))
        {
            throw new FaultException(new Fault(
                Tokenization.Phase,
                FaultAttribution.Caller,
                problem.Code,
                $"{problem.File}: {problem.Message} {problem.Cure}",
                problem.File,
                problem.Line,
                problem.Field));
        }

        Add(problem.Code, new ExampleLine(problem.File, problem.Line.Value) { Record = DatasetProblem.OtherThanLine(problem.Record) });
    }

    public void Add(string reason, ExampleLine example)
    {
        if (example == last)
        {
            return;
        }

        last = example;
        var (count, lines) = reasons.TryGetValue(reason, out var known) ? known : (0, []);
        if (lines.Count < options.LinesPerReason)
        {
            lines.Add(example);
        }

        reasons[reason] = (count + 1, lines);
    }

    public IReadOnlyList<DroppedExamples> ToList() =>
        [.. reasons.Select(reason => new DroppedExamples(reason.Key, reason.Value.Count, reason.Value.Lines))];

    private static bool IsText(string file) => FileFormat.Of(file).Records == RecordFormat.Text;
}
