using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>Counts repetitions and keeps those that stand first in the data.</summary>
internal sealed class FirstRepetitions(int limit)
{
    private readonly PriorityQueue<Repetition, ulong> first = new(Comparer<ulong>.Create((x, y) => y.CompareTo(x)));
    private long count;

    public void Add(Repetition repetition)
    {
        count++;
        first.Enqueue(repetition, repetition.Again.Pack());
        if (first.Count > limit)
        {
            first.Dequeue();
        }
    }

    public void Report(ProblemList? problems, string code, Func<string, Repetition, DatasetProblem> describe)
    {
        foreach (var (repetition, _) in first.UnorderedItems.OrderBy(item => item.Priority))
        {
            problems?.Add(describe(code, repetition));
        }

        problems?.AddUnlistedWarnings(code, count - first.Count);
    }
}
