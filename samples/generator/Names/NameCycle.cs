using FineTune.Core.Numerics;

namespace FineTune.Samples.Names;

/// <summary>Deals names in random order, each once before any comes again, so that every name is used about equally often.</summary>
internal sealed class NameCycle(IReadOnlyList<string> names, CounterRandom random)
{
    private int[] order = [];
    private int next;
    private ulong round;

    public string Next()
    {
        if (next == order.Length)
        {
            order = random.Stream(round++).Permutation(names.Count);
            next = 0;
        }

        return names[order[next++]];
    }

    /// <summary>The next name that is not among <paramref name="taken"/>.</summary>
    public string NextExcept(List<string> taken)
    {
        var name = Next();
        while (taken.Contains(name))
        {
            name = Next();
        }

        return name;
    }
}
