using FineTune.Core.Numerics;
using FineTune.Training.Loop;

namespace FineTune.Training.Tests.Loop;

public sealed class LossSpikesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Next_NoisyFallingLoss_NoSpike(int seed)
    {
        var random = new CounterRandom((ulong)seed);
        var spikes = new LossSpikes();

        Assert.All(Enumerable.Range(0, 2000), step => Assert.Null(spikes.Next((8 * Math.Exp(-step / 300.0)) + 2 + (0.2 * random.Normal((ulong)step)))));
    }

    [Theory]
    [InlineData(3.5, true)]
    [InlineData(2.1, false)]
    [InlineData(double.PositiveInfinity, true)]
    public void Next_LossAboveThoseBefore_SpikeBeyondTheLimit(double loss, bool expected)
    {
        var random = new CounterRandom(5);
        var spikes = new LossSpikes();
        foreach (var step in Enumerable.Range(0, 100))
        {
            spikes.Next(2 + (0.05 * random.Normal((ulong)step)));
        }

        var spike = spikes.Next(loss);

        Assert.Equal(expected, spike is not null);
        if (spike is not null)
        {
            Assert.Equal(loss, spike.Loss);
            Assert.InRange(spike.Median, 1.95, 2.05);
            Assert.InRange(spike.Limit, 2.2, 2.6);
        }
    }

    [Fact]
    public void Next_FirstSteps_OnlyTeach()
    {
        var spikes = new LossSpikes();

        Assert.All(Enumerable.Range(0, LossSpikes.Least), step => Assert.Null(spikes.Next(step == 8 ? 100 : 2)));
        Assert.NotNull(spikes.Next(100));
    }

    [Fact]
    public void Next_ConstantLoss_SmallRiseIsNoSpike()
    {
        var spikes = new LossSpikes();
        foreach (var _ in Enumerable.Range(0, 30))
        {
            spikes.Next(1);
        }

        Assert.Null(spikes.Next(1.09));
        Assert.NotNull(spikes.Next(1.11));
    }
}
