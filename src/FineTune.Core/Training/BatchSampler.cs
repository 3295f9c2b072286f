using FineTune.Core.Numerics;

namespace FineTune.Core.Training;

/// <summary>
/// Which sequences make up each optimizer step: a pure function of the plan, so training resumes at any step without replaying.
/// Every epoch is one pass in an order of its own; the last batch of an epoch may be smaller.
/// </summary>
public sealed class BatchSampler(TrainingPlan plan, long sequenceCount)
{
    private readonly CounterRandom random = new((ulong)plan.Seed);
    private long shuffledEpoch = -1;
    private int[] order = [];

    /// <summary>Optimizer steps of one pass over <paramref name="sequenceCount"/> sequences.</summary>
    public static long StepsPerEpoch(long sequenceCount, int batchSize) => (sequenceCount + batchSize - 1) / batchSize;

    /// <summary>Indices of the sequences of optimizer step <paramref name="step"/> (from 0 over the whole run).</summary>
    public IReadOnlyList<long> BatchOf(long step)
    {
        var (epoch, stepInEpoch) = Math.DivRem(step, plan.StepsPerEpoch);
        if (epoch != shuffledEpoch)
        {
            order = random.Stream((ulong)epoch).Permutation(checked((int)sequenceCount));
            shuffledEpoch = epoch;
        }

        var first = stepInEpoch * plan.Hyperparameters.BatchSize;
        var count = Math.Min(plan.Hyperparameters.BatchSize, sequenceCount - first);
        return [.. Enumerable.Range(0, (int)count).Select(offset => (long)order[first + offset])];
    }
}
