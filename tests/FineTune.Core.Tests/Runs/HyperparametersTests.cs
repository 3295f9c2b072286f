using FineTune.Core.Json;
using FineTune.Core.Runs;

namespace FineTune.Core.Tests.Runs;

public sealed class HyperparametersTests
{
    private const double Peak = 1e-3;

    [Theory]
    [InlineData(LearningRateSchedule.Linear, 55, 0.5)]
    [InlineData(LearningRateSchedule.Cosine, 55, 0.5)]
    [InlineData(LearningRateSchedule.Linear, 32, 0.7555555555555555)]
    [InlineData(LearningRateSchedule.Cosine, 40, 0.75)]
    public void LearningRateAt_AfterWarmup_FallsAsScheduled(LearningRateSchedule schedule, long step, double share) =>
        Assert.Equal(share * Peak, Resolve(schedule).LearningRateAt(step, 100), 15);

    [Theory]
    [InlineData(LearningRateSchedule.Linear)]
    [InlineData(LearningRateSchedule.Cosine)]
    public void LearningRateAt_WholeRun_RisesToThePeakAndFallsToZero(LearningRateSchedule schedule)
    {
        var rates = Enumerable.Range(0, 101).Select(step => Resolve(schedule).LearningRateAt(step, 100)).ToArray();

        Assert.Equal(Peak / 10, rates[0], 15);
        Assert.Equal(rates[..10], rates[..10].Order());
        Assert.Equal(Peak, rates[9], 15);
        Assert.Equal(Peak, rates[10], 15);
        Assert.Equal(rates[10..], rates[10..].OrderDescending());
        Assert.Equal(0, rates[100], 15);
    }

    [Fact]
    public void LearningRateAt_NoWarmup_StartsAtThePeak() =>
        Assert.Equal(Peak, new HyperparametersRequest(WarmupSteps: 0).Resolve(Peak).LearningRateAt(0, 100));

    [Fact]
    public void Resolve_Nothing_MicroBatchIsTheBatch()
    {
        var resolved = new HyperparametersRequest(BatchSize: 4).Resolve(Peak);

        Assert.Equal(4, resolved.MicroBatchSize);
        Assert.Equal(1.0, resolved.MaxGradNorm);
    }

    private static Hyperparameters Resolve(LearningRateSchedule schedule) =>
        new HyperparametersRequest(WarmupSteps: 10, Schedule: schedule).Resolve(Peak);

    [Fact]
    public void Request_PrecisionAndOptimizer_HaveTheirNamesOnTheWire()
    {
        var request = WireJson.Deserialize<HyperparametersRequest>("""{"precision": "bf16_int8", "optimizer": "lion"}""");

        Assert.Equal((TrainingPrecision.Bf16Int8, OptimizerKind.Lion), (request.Precision, request.Optimizer));
        Assert.Equal(TrainingPrecision.Bf16Int8, request.Resolve(1e-4).Precision);
        Assert.DoesNotContain("precision", WireJson.Serialize(new HyperparametersRequest().Resolve(1e-4)), StringComparison.Ordinal);
    }
}
