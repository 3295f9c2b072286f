using FineTune.Trainer.Epochs;

namespace FineTune.Trainer.Tests.Epochs;

public sealed class EpochTallyTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(0.1 + 0.2)]
    public void FromProperties_OfToProperties_IsTheSame(double? initial)
    {
        var tally = new EpochTally(1.0 / 3, 7, 1L << 40, Math.PI, initial);
        var properties = tally.ToProperties(12);

        Assert.Equal("12", properties["step"]);
        Assert.Equal(tally, EpochTally.FromProperties(properties));
    }

    [Fact]
    public void MeanLoss_BeforeTheFirstStep_IsZero()
    {
        Assert.Equal(0, EpochTally.Zero.MeanLoss);
        Assert.Equal(1.5, new EpochTally(3, 2, 1, 1, null).MeanLoss);
    }
}
