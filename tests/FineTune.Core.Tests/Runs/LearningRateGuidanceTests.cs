using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Tests.Runs;

public sealed class LearningRateGuidanceTests
{
    [Fact]
    public void For_EveryModelOfTheCatalogue_IsItsDefault() => Assert.All(
        ModelCatalogue.Default.Models.Where(model => model.Parameters is not null),
        model => Assert.Equal(model.DefaultLearningRate, LearningRateGuidance.For(model.Parameters!.Value)));

    [Theory]
    [InlineData(1e-5, OptimizerKind.Adamw, null)]
    [InlineData(9e-5, OptimizerKind.Adamw, null)]
    [InlineData(1e-4, OptimizerKind.Adamw, "learning_rate 1e-4 is 10 times higher than the 1e-5")]
    [InlineData(5e-7, OptimizerKind.Adamw, "learning_rate 5e-7 is 20 times lower than the 1e-5")]
    [InlineData(5e-7, OptimizerKind.Lion, null)]
    [InlineData(1e-5, OptimizerKind.Lion, "learning_rate 1e-5 is 10 times higher than the 1e-6 that is usual for full-parameter training of 1235.8 million weights with Lion.")]
    public void Warn_TenTimesOff_SaysWhatIsUsual(double rate, OptimizerKind optimizer, string? expected)
    {
        var warning = LearningRateGuidance.Warn(rate, 1_235_814_400, optimizer);

        Assert.True(expected is null ? warning is null : warning?.StartsWith(expected, StringComparison.Ordinal), warning);
    }

    [Fact]
    public void Warn_NoRateGiven_Null() => Assert.Null(LearningRateGuidance.Warn(null, 1, OptimizerKind.Adamw));
}
