using CsCheck;
using FineTune.Core.Runs;
using FineTune.Core.Training;

namespace FineTune.Core.Tests.Training;

public sealed class BatchSamplerTests
{
    private static readonly Gen<(int Count, int Batch, int Seed)> Plans =
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 40], Gen.Int);

    [Fact]
    public void BatchOf_StepsOfAnEpoch_EachSequenceOnce() => Plans.Sample(given =>
    {
        var plan = PlanOf(given);
        var sampler = new BatchSampler(plan, given.Count);
        return Enumerable.Range(1, 3).All(epoch =>
        {
            var (first, end) = plan.StepsOf(epoch);
            var drawn = Enumerable.Range((int)first, (int)(end - first)).SelectMany(step => sampler.BatchOf(step));
            return drawn.Order().SequenceEqual(Enumerable.Range(0, given.Count).Select(index => (long)index));
        });
    });

    [Fact]
    public void BatchOf_AnyOrderOfCalls_DependsOnTheStepAlone() => Plans.Sample(given =>
    {
        var plan = PlanOf(given);
        var used = new BatchSampler(plan, given.Count);
        return Enumerable.Range(0, (int)plan.TotalSteps).Reverse()
            .All(step => used.BatchOf(step).SequenceEqual(new BatchSampler(plan, given.Count).BatchOf(step)));
    });

    [Fact]
    public void BatchOf_OtherEpochOrSeed_OtherOrder()
    {
        var plan = PlanOf((100, 100, 7));

        Assert.NotEqual(new BatchSampler(plan, 100).BatchOf(0), new BatchSampler(plan, 100).BatchOf(1));
        Assert.NotEqual(new BatchSampler(plan, 100).BatchOf(0), new BatchSampler(plan with { Seed = 8 }, 100).BatchOf(0));
    }

    private static TrainingPlan PlanOf((int Count, int Batch, int Seed) given)
    {
        var steps = BatchSampler.StepsPerEpoch(given.Count, given.Batch);
        return new TrainingPlan(new HyperparametersRequest(BatchSize: given.Batch).Resolve(1e-3), steps, 3 * steps, 64, given.Seed);
    }
}
