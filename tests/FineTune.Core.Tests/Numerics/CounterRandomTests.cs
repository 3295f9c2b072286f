using CsCheck;
using FineTune.Core.Numerics;

namespace FineTune.Core.Tests.Numerics;

public sealed class CounterRandomTests
{
    private const int Draws = 100_000;

    // Vectors for philox2x64-10 published with the paper's reference implementation (Random123, kat_vectors): counters and keys of zeros
    // and of ones.
    [Fact]
    public void Bits_ZeroCounterAndKey_KnownAnswer() => Assert.Equal(0xca00a0459843d731ul, new CounterRandom(0).Bits(0));

    [Fact]
    public void Stream_AllOnes_KnownAnswer() =>
        Assert.Equal(0x65b021d60cd8310ful, new CounterRandom(ulong.MaxValue).Stream(ulong.MaxValue).Key);

    [Fact]
    public void Uniform_ManyDraws_FillsTenBinsEvenly()
    {
        var random = new CounterRandom(42);
        var bins = Enumerable.Range(0, Draws).GroupBy(n => (int)(random.Uniform((ulong)n) * 10)).ToDictionary(bin => bin.Key, bin => bin.Count());

        // Chi-squared with 9 degrees of freedom exceeds 27.9 once in a thousand.
        var chiSquared = Enumerable.Range(0, 10).Sum(bin => Math.Pow(bins[bin] - (Draws / 10.0), 2) / (Draws / 10.0));
        Assert.InRange(chiSquared, 0, 27.9);
    }

    [Fact]
    public void Normal_ManyDraws_MomentsOfTheStandardNormal()
    {
        var random = new CounterRandom(42);
        var draws = Enumerable.Range(0, Draws).Select(n => random.Normal((ulong)n)).ToArray();

        Assert.All(draws, draw => Assert.True(double.IsFinite(draw)));
        Assert.Equal(0, draws.Average(), 0.015);
        Assert.Equal(1, draws.Average(draw => draw * draw), 0.02);
        Assert.Equal(3, draws.Average(draw => Math.Pow(draw, 4)), 0.15);
    }

    [Fact]
    public void Below_AnyBound_InRange() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Long[1, long.MaxValue])
            .Sample((key, counter, bound) => new CounterRandom(key).Below(counter, bound) is >= 0 and var drawn && drawn < bound);

    [Fact]
    public void Permutation_AnyCount_EachOnce() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 500])
            .Sample((key, count) => new CounterRandom(key).Permutation(count).Order().SequenceEqual(Enumerable.Range(0, count)));

    [Fact]
    public void Permutation_OfThree_AllSixEquallyOften()
    {
        var counts = Enumerable.Range(0, 60_000)
            .GroupBy(key => string.Concat(new CounterRandom((ulong)key).Permutation(3))).Select(group => (double)group.Count()).ToArray();

        // Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand.
        Assert.Equal(6, counts.Length);
        Assert.InRange(counts.Sum(count => Math.Pow(count - 10_000, 2) / 10_000), 0, 20.5);
    }

    [Fact]
    public void Stream_DifferentPurposes_DifferentDraws() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(stream => new CounterRandom(1).Stream((ulong)stream).Bits(0)).Distinct().Count());
}
