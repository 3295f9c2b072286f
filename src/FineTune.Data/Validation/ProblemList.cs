using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>Counts every problem and keeps the first of each kind. Not for concurrent use.</summary>
internal sealed class ProblemList(int detailsPerCode)
{
    private readonly SortedDictionary<string, (long Count, int Kept)> kinds = new(StringComparer.Ordinal);
    private readonly List<DatasetProblem> details = [];

    public IReadOnlyDictionary<string, long> Counts => kinds.ToDictionary(kind => kind.Key, kind => kind.Value.Count, StringComparer.Ordinal);

    public IReadOnlyList<DatasetProblem> Details => details;

    public long Errors { get; private set; }

    public long Warnings { get; private set; }

    public void Add(DatasetProblem problem)
    {
        Count(problem.Code, 1);
        (Errors, Warnings) = problem.Severity == ProblemSeverity.Error ? (Errors + 1, Warnings) : (Errors, Warnings + 1);
        Keep(problem);
    }

    /// <summary>Adds what a later part of the same data set had.</summary>
    public void Add(ProblemList part)
    {
        foreach (var (code, (count, _)) in part.kinds)
        {
            Count(code, count);
        }

        (Errors, Warnings) = (Errors + part.Errors, Warnings + part.Warnings);
        part.details.ForEach(Keep);
    }

    /// <summary>Warnings that are counted but too many to be listed.</summary>
    public void AddUnlistedWarnings(string code, long count)
    {
        Count(code, count);
        Warnings += count;
    }

    private void Count(string code, long times)
    {
        if (times > 0)
        {
            var (count, kept) = kinds.GetValueOrDefault(code);
            kinds[code] = (count + times, kept);
        }
    }

    private void Keep(DatasetProblem problem)
    {
        var (count, kept) = kinds[problem.Code];
        if (kept < detailsPerCode)
        {
            details.Add(problem);
            kinds[problem.Code] = (count, kept + 1);
        }
    }
}
