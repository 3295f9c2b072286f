using CsCheck;
using FineTune.Core.Training;

namespace FineTune.Core.Tests.Training;

public sealed class SequencePackerTests
{
    private static readonly Gen<(int Capacity, int[] Lengths)> Given = Gen.Int[1, 9000].SelectMany(
        capacity => Gen.Int[1, capacity].Array[0, 300], (capacity, lengths) => (capacity, lengths));

    [Fact]
    public void Pack_AnyLengths_IsBestFitDecreasing() => Given.Sample(given =>
    {
        var order = Enumerable.Range(0, given.Lengths.Length).Reverse().ToArray();
        var bins = SequencePacker.Pack(given.Lengths, order, given.Capacity);
        var sums = Enumerable.Range(0, bins.Count).Select(bin => bins[bin].ToArray().Sum(index => given.Lengths[index])).ToList();
        return sums.Order().SequenceEqual(Plain(given.Lengths, given.Capacity).Order())
            && sums.All(sum => sum <= given.Capacity)
            && bins.Members.Order().SequenceEqual(Enumerable.Range(0, given.Lengths.Length))
            && SequencePacker.Count(given.Lengths, given.Capacity) == bins.Count;
    });

    [Fact]
    public void Pack_OrderOfEqualLengths_DecidesTheirBins()
    {
        int[] lengths = [3, 3, 1, 1];

        Assert.Equal([1, 2, 0, 3], SequencePacker.Pack(lengths, [1, 0, 3, 2], 4).Members);
    }

    [Fact]
    public void Pack_ManySequences_TakesTimeByNumberAlone()
    {
        // Quadratic best fit would take hours for these.
        var lengths = Enumerable.Range(0, 2_000_000).Select(index => 1 + (int)(index * 2654435761L % 131_072)).ToArray();

        Assert.InRange(SequencePacker.Count(lengths, 131_072), lengths.Sum(length => (long)length) / 131_072, 1_010_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Pack_LengthThatFitsNoBin_IsRefused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SequencePacker.Count([2, length], 4));

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
