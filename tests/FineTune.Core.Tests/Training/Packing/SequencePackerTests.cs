using CsCheck;
using FineTune.Core.Numerics;
using FineTune.Core.Training.Packing;

namespace FineTune.Core.Tests.Training.Packing;

public sealed class SequencePackerTests
{
    private static readonly Gen<(int Capacity, int[] Lengths, ulong Key)> Given = Gen.Int[1, 9000].SelectMany(
        capacity => Gen.Select(Gen.Int[1, capacity].Array[0, 300], Gen.ULong), (capacity, rest) => (capacity, rest.Item1, rest.Item2));

    [Fact]
    public void Pack_AnyLengths_EachSequenceOnceInThePlannedNumberOfBins() => Given.Sample(given =>
    {
        var packer = new SequencePacker(given.Lengths, given.Capacity);
        var bins = packer.Pack(new CounterRandom(given.Key));
        return bins.Count == packer.Bins
            && packer.Bins >= packer.LeastBins
            && bins.Members.Order().SequenceEqual(Enumerable.Range(0, given.Lengths.Length))
            && Enumerable.Range(0, bins.Count).All(bin => bins[bin].ToArray().Sum(index => given.Lengths[index]) <= given.Capacity);
    });

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(2048)]
    [InlineData(4096)]
    [InlineData(8192)]
    public void Bins_LengthsOfConversations_WasteAtMostOnePercent(int context)
    {
        // Worked arithmetic behind a system message: 200 tokens at the median, none below 100. Five times the sample's number, for a
        // rest of half a context must not count for more than a percent.
        var lengths = LogNormal(6000, median: 185, sigma: 0.35).Where(length => length is >= 100 and <= 512).ToArray();

        Assert.InRange(Wasted(lengths, context), 0, 0.01);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2048)]
    [InlineData(8192)]
    public void Bins_LengthsOfEverySize_WasteAtMostOnePercent(int context) =>
        Assert.InRange(Wasted([.. LogNormal(10_000, median: 300, sigma: 0.9).Where(length => length <= context)], context), 0, 0.01);

    [Fact]
    public void Bins_AllAboveHalfABin_OneEach()
    {
        var packer = new SequencePacker([.. Enumerable.Repeat(300, 1000)], 512);

        Assert.Equal((1000, 1000), (packer.Bins, packer.LeastBins));
    }

    [Fact]
    public void Pack_OtherRandomNumbers_OtherCompany()
    {
        var packer = new SequencePacker(LogNormal(500, median: 200, sigma: 0.4), 2048);

        Assert.Equal(packer.Pack(new CounterRandom(1)).Members, packer.Pack(new CounterRandom(1)).Members);
        Assert.NotEqual(LengthsOfFirst(1), LengthsOfFirst(2));

        int LengthsOfFirst(ulong key) => packer.Pack(new CounterRandom(key))[0].ToArray().Order().Aggregate(HashCode.Combine);
    }

    [Fact]
    public void Pack_ManyEpochs_CompanyIsOfEveryLength()
    {
        // A batch is a number of bins drawn at random; it stands for all the better, the less bins differ.
        int[] lengths = [.. Enumerable.Range(0, 120).Select(index => 20 + index)];
        var packer = new SequencePacker(lengths, 512);
        var company = new double[lengths.Length];
        for (var epoch = 0UL; epoch < 200; epoch++)
        {
            var bins = packer.Pack(new CounterRandom(epoch));
            for (var bin = 0; bin < bins.Count; bin++)
            {
                foreach (var index in bins[bin])
                {
                    company[index] += bins[bin].ToArray().Where(other => other != index).Average(other => lengths[other]) / 200;
                }
            }
        }

        Assert.All(company, mean => Assert.InRange(mean, 55, 105));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Constructor_LengthThatFitsNoBin_IsRefused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SequencePacker([2, length], 4));

    private static double Wasted(int[] lengths, int context) =>
        1 - (lengths.Sum() / ((double)new SequencePacker(lengths, context).Bins * context));

    private static int[] LogNormal(int count, double median, double sigma)
    {
        var random = new CounterRandom(3);
        return [.. Enumerable.Range(0, count).Select(index => Math.Max(2, (int)(median * Math.Exp(sigma * random.Normal((ulong)index)))))];
    }
}
