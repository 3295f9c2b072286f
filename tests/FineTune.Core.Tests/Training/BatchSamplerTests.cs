using CsCheck;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Core.Training.Packing;

namespace FineTune.Core.Tests.Training;

public sealed class BatchSamplerTests
{
    private const int Context = 64;

    private static readonly Gen<(int[] Lengths, int Batch, int Seed)> Plans =
        Gen.Select(Gen.Int[2, Context].Array[1, 200], Gen.Int[1, 20], Gen.Int);

    [Fact]
    public void BatchOf_StepsOfAnEpoch_EachSequenceOnceInFullBatches() => Plans.Sample(given =>
    {
        var (plan, sampler) = Create(given);
        return Enumerable.Range(1, 3).All(epoch =>
        {
            var (first, end) = plan.StepsOf(epoch);
            var batches = Enumerable.Range((int)first, (int)(end - first)).Select(step => sampler.BatchOf(step)).ToList();
            return batches.SelectMany(batch => batch).SelectMany(bin => bin).Order().SequenceEqual(Enumerable.Range(0, given.Lengths.Length))
                && batches.SkipLast(1).All(batch => batch.Count == given.Batch)
                && batches[^1].Count > 0
                && batches.SelectMany(batch => batch).All(bin => bin.Sum(index => given.Lengths[index]) <= Context);
        });
    });

    [Fact]
    public void BatchOf_AnyOrderOfCalls_DependsOnTheStepAlone() => Plans.Sample(
        given =>
        {
            var (plan, used) = Create(given);
            return Enumerable.Range(0, (int)plan.TotalSteps).Reverse()
                .All(step => Members(used, step).SequenceEqual(Members(Create(given).Sampler, step)));
        },
        iter: 20);

    [Fact]
    public void BatchOf_OtherEpochOrSeed_OtherOrderAndOtherCompany()
    {
        int[] lengths = [.. Enumerable.Range(0, 100).Select(index => index % 2 == 0 ? 20 : 40)];
        var (_, sampler) = Create((lengths, 100, 7));

        Assert.NotEqual(Members(sampler, 0), Members(sampler, 1));
        Assert.NotEqual(Members(sampler, 0), Members(Create((lengths, 100, 8)).Sampler, 0));
        Assert.NotEqual(Companions(sampler, 0), Companions(sampler, 1));

        static List<int> Companions(BatchSampler sampler, long step) => [.. sampler.BatchOf(step).OrderBy(bin => bin[0]).Select(bin => bin[1])];
    }

    private static IEnumerable<int> Members(BatchSampler sampler, long step) => sampler.BatchOf(step).SelectMany(bin => bin.Append(-1));

    private static (TrainingPlan Plan, BatchSampler Sampler) Create((int[] Lengths, int Batch, int Seed) given)
    {
        var steps = BatchSampler.StepsPerEpoch(new SequencePacker(given.Lengths, Context).Bins, given.Batch);
        var plan = new TrainingPlan(
            new HyperparametersRequest(BatchSize: given.Batch).Resolve(1e-3), steps, 3 * steps, Context, given.Seed);
        return (plan, new BatchSampler(plan, new LengthSource(given.Lengths)));
    }

    /// <summary>Knows lengths only: sampling must not read.</summary>
    private sealed class LengthSource(int[] lengths) : ISequenceSource
    {
        public long Count => lengths.Length;

        public long TotalTokens => lengths.Sum();

        public int LengthOf(long index) => lengths[index];

        public TokenSequence Read(long index) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
