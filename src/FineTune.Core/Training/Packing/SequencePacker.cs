using FineTune.Core.Numerics;

namespace FineTune.Core.Training.Packing;

/// <summary>
/// Packs sequences into bins of a fixed number of tokens. How many bins there are depends on the lengths alone; which lengths meet, and which
/// sequence of a length goes where, also on random numbers. Time and memory grow with the number of sequences only: a few seconds for a million.
/// </summary>
public sealed class SequencePacker
{
    private readonly int[] lengths;
    private readonly int capacity;
    private readonly Lazy<PackedBins> planned;

    /// <exception cref="ArgumentOutOfRangeException">A length isn't in [1, capacity].</exception>
    public SequencePacker(int[] lengths, int capacity)
    {
        foreach (var length in lengths)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(lengths));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, capacity, nameof(lengths));
        }

        (this.lengths, this.capacity) = (lengths, capacity);
        LeastBins = BinBound.Of(lengths, capacity);
        planned = new(() => Fill(default));
    }

    /// <summary>Bins of every epoch.</summary>
    public int Bins => planned.Value.Count;

    /// <summary>No packing has fewer.</summary>
    public long LeastBins { get; }

    /// <summary>
    /// The bins, <see cref="Bins"/> of them, each the indices of its sequences. Random numbers that would lead to another number of bins
    /// decide only which sequence of a length goes where.
    /// </summary>
    public PackedBins Pack(CounterRandom random)
    {
        var filled = Fill(random.Stream(0));
        return Assign(filled.Count == Bins ? filled : planned.Value, random.Stream(1).Permutation(lengths.Length));
    }

    /// <summary>Lengths by bin.</summary>
    private PackedBins Fill(CounterRandom random)
    {
        var filler = new BinFiller(capacity);
        var filled = filler.Fill([.. random.Stream(0).Permutation(lengths.Length).Select(index => lengths[index])]);
        if (filled.Count > LeastBins && BestFit.Fill(lengths, capacity) is var other && other.Count < filled.Count)
        {
            filled = other;
        }

        return new BinRepair(filler, capacity, random.Stream(1)).Improve(filled, LeastBins);
    }

    /// <summary>Puts sequences in the places of their lengths, those of one length in the order of <paramref name="order"/>.</summary>
    private PackedBins Assign(PackedBins filled, int[] order)
    {
        var next = new int[capacity + 2];
        foreach (var length in lengths)
        {
            next[length + 1]++;
        }

        for (var length = 1; length <= capacity; length++)
        {
            next[length + 1] += next[length];
        }

        var byLength = new int[lengths.Length];
        var end = next.AsSpan().ToArray();
        foreach (var index in order)
        {
            byLength[end[lengths[index]]++] = index;
        }

        return filled with { Members = [.. filled.Members.Select(length => byLength[next[length]++])] };
    }
}
