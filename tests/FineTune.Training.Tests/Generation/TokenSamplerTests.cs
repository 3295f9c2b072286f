using FineTune.Training.Generation;

namespace FineTune.Training.Tests.Generation;

public sealed class TokenSamplerTests
{
    // Probabilities 0.1, 0.4, 0.2, 0.3.
    private static readonly float[] Scores = [.. new[] { 0.1, 0.4, 0.2, 0.3 }.Select(p => (float)Math.Log(p))];

    [Fact]
    public void Choose_Greedy_TakesTheFirstOfTheBest() =>
        Assert.Equal(1, new TokenSampler(new GenerationOptions()).Choose([1, 3, 3, 2]));

    [Theory]
    [InlineData(1, 0, 1, new[] { 0.1, 0.4, 0.2, 0.3 })]
    [InlineData(0.5, 0, 1, new[] { 1 / 30.0, 16 / 30.0, 4 / 30.0, 9 / 30.0 })]
    [InlineData(1, 2, 1, new[] { 0, 4 / 7.0, 0, 3 / 7.0 })]
    [InlineData(1, 0, 0.6, new[] { 0, 4 / 7.0, 0, 3 / 7.0 })]
    [InlineData(1, 0, 0.3, new[] { 0.0, 1, 0, 0 })]
    [InlineData(1, 3, 0.99, new[] { 0, 4 / 9.0, 2 / 9.0, 3 / 9.0 })]
    public void Choose_ManyTimes_FollowsTheDistribution(double temperature, int topK, double topP, double[] expected)
    {
        const int draws = 20_000;
        var sampler = new TokenSampler(new GenerationOptions(Temperature: temperature, TopK: topK, TopP: topP, Seed: 3));
        var counts = new int[4];
        for (var i = 0; i < draws; i++)
        {
            counts[sampler.Choose(Scores)]++;
        }

        // The seed is fixed; 0.015 is more than four standard deviations.
        Assert.All(counts.Zip(expected), pair => Assert.Equal(pair.Second, pair.First / (double)draws, 0.015));
        Assert.All(counts.Zip(expected).Where(pair => pair.Second == 0), pair => Assert.Equal(0, pair.First));
    }

    [Theory]
    [InlineData(-0.1, 0, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 0, 1.1)]
    public void Create_OptionOutOfRange_IsRefused(double temperature, int topK, double topP) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenSampler(new GenerationOptions(Temperature: temperature, TopK: topK, TopP: topP)));
}
