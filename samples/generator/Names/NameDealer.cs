using FineTune.Core.Numerics;
using FineTune.Samples.Sentences;

namespace FineTune.Samples.Names;

/// <summary>Fills sentences with names of a book, no name twice in a sentence.</summary>
internal sealed class NameDealer(IReadOnlyDictionary<EntityType, string[]> names, CounterRandom random)
{
    private readonly Dictionary<EntityType, NameCycle> cycles =
        names.ToDictionary(pair => pair.Key, pair => new NameCycle(pair.Value, random.Stream((ulong)pair.Key)));

    public Sentence Fill(Skeleton skeleton)
    {
        var dealt = new List<string>();
        foreach (var slot in skeleton.Slots)
        {
            dealt.Add(cycles[slot].NextExcept(dealt));
        }

        return skeleton.Fill(dealt);
    }

    /// <summary><paramref name="count"/> names of one type.</summary>
    public List<string> Deal(EntityType type, int count)
    {
        var dealt = new List<string>();
        while (dealt.Count < count)
        {
            dealt.Add(cycles[type].NextExcept(dealt));
        }

        return dealt;
    }
}
