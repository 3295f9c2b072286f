using FineTune.Training.Models;

namespace FineTune.Training.Tests.Models;

/// <summary>
/// Values worked out by hand for Llama-3.2-1B: θ = 500,000, d = 64, factor 32, low 1, high 4, original context 8192. Pair i turns
/// θ^(-2i/64) radians a position, so its wavelength is 2π θ^(2i/64): 1956.5 for i = 14 (below 8192 / 4, kept), 4442.88 for i = 16
/// (ramp: s = (8192 / 4442.88 - 1) / 3 = 0.281283, f = θ^(-1/2) (s + (1 - s) / 32)), 10089 for i = 18 (above 8192, divided by 32).
/// </summary>
public sealed class RopeScalingTests
{
    private static readonly RopeScaling Llama32 = new(RopeType.Llama3, 32, 1, 4, 8192);

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(14, 3.211445994752591e-3)]
    [InlineData(15, 1.290547928209264e-3)]
    [InlineData(16, 4.2955679655936815e-4)]
    [InlineData(17, 9.70828780262767e-5)]
    [InlineData(18, 1.9461638184831125e-5)]
    [InlineData(31, 9.41830672543491e-8)]
    public void Frequencies_Llama32_AreTheHandComputedOnes(int pair, double expected) =>
        Assert.Equal(1, Llama32.Frequencies(64, 500_000)[pair] / expected, 1e-12);

    [Fact]
    public void Frequencies_Linear_AreDividedByTheFactor() =>
        Assert.Equal([0.25, 0.025], new RopeScaling(RopeType.Linear, 4).Frequencies(4, 100));

    [Fact]
    public void Frequencies_Default_ArePowersOfTheta() =>
        Assert.Equal([1, 0.1], RopeScaling.None.Frequencies(4, 100));
}
