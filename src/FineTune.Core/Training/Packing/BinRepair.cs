using FineTune.Core.Numerics;

namespace FineTune.Core.Training.Packing;

/// <summary>Empties the bins that have room and as many full ones drawn at random, and fills them anew, again and again: large neighbourhood search.</summary>
internal sealed class BinRepair(BinFiller filler, int capacity, CounterRandom random)
{
    /// <summary>Rounds without a bin less after which it gives up.</summary>
    private const int Patience = 16;

    /// <summary>Bounds the time for large data sets, whose bins are nearly full anyway.</summary>
    private const int MaximumLengths = 500_000;

    /// <summary>Good enough: one bin in this many more than the least possible.</summary>
    private const int Tolerance = 256;

    /// <param name="bins">Lengths by bin.</param>
    /// <param name="least">No packing has fewer bins.</param>
    public PackedBins Improve(PackedBins bins, long least)
    {
        var (refilled, patience) = (0L, Patience);
        for (var round = 0UL; patience > 0 && refilled < MaximumLengths && bins.Count > least + (least / Tolerance); round++)
        {
            var before = bins.Count;
            (bins, var lengths) = Refill(bins, random.Stream(round));
            refilled += lengths;
            patience = bins.Count < before ? Patience : patience - 1;
        }

        return bins;
    }

    /// <summary>The better bins, and how many lengths were taken out of theirs.</summary>
    private (PackedBins Bins, int Lengths) Refill(PackedBins bins, CounterRandom draws)
    {
        var (kept, emptied) = Divide(bins, draws.Stream(0).Permutation(bins.Count));
        var lengths = emptied.Members;
        var filled = filler.Fill([.. draws.Stream(1).Permutation(lengths.Length).Select(index => lengths[index])]);
        return (IsBetter(filled, emptied) ? kept.Concat(filled) : bins, lengths.Length);
    }

    private (PackedBins Kept, PackedBins Emptied) Divide(PackedBins bins, int[] order)
    {
        var loose = order.Count(bin => bins.Sum(bin) < capacity);
        var full = 0;
        var isEmptied = order.ToLookup(bin => bins.Sum(bin) < capacity || full++ < loose);
        return (bins.Select(isEmptied[false]), bins.Select(isEmptied[true]));
    }

    /// <summary>Fewer bins, or room gathered in fewer of them.</summary>
    private bool IsBetter(PackedBins bins, PackedBins others) =>
        bins.Count < others.Count || (bins.Count == others.Count && Gathered(bins) >= Gathered(others));

    private double Gathered(PackedBins bins)
    {
        var sum = 0.0;
        for (var bin = 0; bin < bins.Count; bin++)
        {
            sum += Math.Pow(capacity - bins.Sum(bin), 2);
        }

        return sum;
    }
}
