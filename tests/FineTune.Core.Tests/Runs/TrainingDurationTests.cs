using CsCheck;
using FineTune.Core.Json;
using FineTune.Core.Runs;

namespace FineTune.Core.Tests.Runs;

public sealed class TrainingDurationTests
{
    [Theory]
    [InlineData("1ep", 1, DurationUnit.Epochs)]
    [InlineData("100ba", 100, DurationUnit.Batches)]
    [InlineData("1_000_000tok", 1_000_000, DurationUnit.Tokens)]
    [InlineData(" 3EP ", 3, DurationUnit.Epochs)]
    public void TryParse_Duration_AmountAndUnit(string text, long amount, DurationUnit unit)
    {
        Assert.True(TrainingDuration.TryParse(text, out var duration));
        Assert.Equal(new TrainingDuration(amount, unit), duration);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ep")]
    [InlineData("0ep")]
    [InlineData("-1ep")]
    [InlineData("1.5ep")]
    [InlineData("3")]
    [InlineData("3 days")]
    [InlineData("99999999999999999999ep")]
    public void TryParse_Malformed_False(string? text) => Assert.False(TrainingDuration.TryParse(text, out _));

    [Fact]
    public void ToString_AnyDuration_ReadsBackAlsoAsJson() =>
        (from amount in Gen.Long[1, long.MaxValue] from unit in Gen.Enum<DurationUnit>() select new TrainingDuration(amount, unit)).Sample(
            duration => TrainingDuration.TryParse(duration.ToString(), out var read) && read == duration
                && WireJson.Deserialize<TrainingDuration>(WireJson.Serialize(duration)) == duration);

    [Fact]
    public void TotalSteps_Tokens_FewestStepsThatReachThem() =>
        (from amount in Gen.Long[1, 1_000_000_000]
         from steps in Gen.Long[1, 100_000]
         from perStep in Gen.Long[1, 10_000]
         select (amount, steps, perStep)).Sample(given =>
         {
             var total = new TrainingDuration(given.amount, DurationUnit.Tokens).TotalSteps(given.steps, given.steps * given.perStep);
             return total * given.perStep >= given.amount && (total - 1) * given.perStep < given.amount;
         });

    [Fact]
    public void TotalSteps_MoreThanCanBeCounted_IsTheMost()
    {
        var endless = new TrainingDuration(long.MaxValue, DurationUnit.Epochs);

        Assert.Equal(long.MaxValue, endless.TotalSteps(10, 1000));
        Assert.Equal(long.MaxValue, endless.TotalTokens(1000, 8, 8));
    }

    [Theory]
    [InlineData("3ep", 30)]
    [InlineData("7ba", 7)]
    [InlineData("1tok", 1)]
    public void TotalSteps_TenStepsOfHundredTokensAnEpoch_AsTheUnitSays(string text, long expected)
    {
        Assert.True(TrainingDuration.TryParse(text, out var duration));
        Assert.Equal(expected, duration.TotalSteps(stepsPerEpoch: 10, tokensPerEpoch: 1000));
    }
}
