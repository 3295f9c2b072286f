using CsCheck;
using FineTune.Core.Training.Packing;

namespace FineTune.Core.Tests.Training.Packing;

public sealed class BestFitTests
{
    private static readonly Gen<(int Capacity, int[] Lengths)> Given = Gen.Int[1, 9000].SelectMany(
        capacity => Gen.Int[1, capacity].Array[0, 300], (capacity, lengths) => (capacity, lengths));

    [Fact]
    public void Fill_AnyLengths_IsBestFitDecreasing() => Given.Sample(given =>
    {
        var bins = BestFit.Fill(given.Lengths, given.Capacity);
        return Enumerable.Range(0, bins.Count).Select(bins.Sum).Order().SequenceEqual(Plain(given.Lengths, given.Capacity).Order())
            && bins.Members.Order().SequenceEqual(given.Lengths.Order());
    });

    [Fact]
    public void Fill_ManySequences_TakesTimeByNumberAlone()
    {
        // Quadratic best fit would take hours for these.
        var lengths = Enumerable.Range(0, 2_000_000).Select(index => 1 + (int)(index * 2654435761L % 131_072)).ToArray();

        Assert.InRange(BestFit.Fill(lengths, 131_072).Count, lengths.Sum(length => (long)length) / 131_072, 1_010_000);
    }

    /// <summary>The rule as it is written: sums of the bins.</summary>
    private static List<int> Plain(int[] lengths, int capacity)
    {
        var sums = new List<int>();
        foreach (var length in lengths.OrderDescending())
        {
            var fits = sums.Where(sum => sum + length <= capacity).Order().ToList();
            if (fits.Count == 0)
            {
                sums.Add(length);
            }
            else
            {
                sums[sums.IndexOf(fits[^1])] += length;
            }
        }

        return sums;
    }
}
