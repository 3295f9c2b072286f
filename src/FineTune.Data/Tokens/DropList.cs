using FineTune.Core.Faults;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tokens;

/// <summary>Counts dropped examples by reason. A line with several errors is dropped once, for the first.</summary>
internal sealed class DropList(TokenizationOptions options)
{
    private readonly SortedDictionary<string, (long Count, List<ExampleLine> Lines)> reasons = new(StringComparer.Ordinal);
    private ExampleLine? last;

    public long Count { get; private set; }

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

        Add(problem.Code, problem.File, problem.Line.Value);
    }

    public void Add(string reason, string file, long line)
    {
        var example = new ExampleLine(file, line);
        if (example == last)
        {
            return;
        }

        last = example;
        Count++;
        var (count, lines) = reasons.TryGetValue(reason, out var known) ? known : (0, []);
        if (lines.Count < options.LinesPerReason)
        {
            lines.Add(example);
        }

        reasons[reason] = (count + 1, lines);
    }

    public IReadOnlyList<DroppedExamples> ToList() =>
        [.. reasons.Select(reason => new DroppedExamples(reason.Key, reason.Value.Count, reason.Value.Lines))];

    /// <exception cref="FaultException">More were dropped than allowed.</exception>
    public void Check(long examples)
    {
        if (Count <= examples * options.MaximumDroppedShare)
        {
            return;
        }

        var main = ToList().MaxBy(reason => reason.Count)!;
        var lines = string.Join(", ", main.FirstLines.Take(5).Select(line => $"{line.File}:{line.Line}"));
        throw new FaultException(new Fault(
            Tokenization.Phase,
            FaultAttribution.Caller,
            "too_many_examples_dropped",
            $"{Count:N0} of {examples:N0} examples can't be trained on, more than {options.MaximumDroppedShare:P0}; {main.Count:N0} of them " +
            $"because of {main.Reason} (first: {lines}). Mend or remove them, or raise context_length if responses don't fit.",
            main.FirstLines[0].File,
            main.FirstLines[0].Line));
    }

    private static bool IsText(string file) => Path.GetExtension(file).Equals(".txt", StringComparison.OrdinalIgnoreCase);
}
