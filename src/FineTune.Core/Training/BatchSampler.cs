using FineTune.Core.Numerics;
using FineTune.Core.Training.Packing;

namespace FineTune.Core.Training;

/// <summary>
/// Which sequences make up each optimizer step: a pure function of the plan and the sequences' lengths, so training resumes at any step
/// without replaying or reading. Every epoch is one pass, packed and ordered anew; the last batch of an epoch may be smaller.
/// </summary>
public sealed class BatchSampler
{
    // Draws of an epoch: one stream packs the sequences, the next orders the bins they are packed in.
    private const int StreamsPerEpoch = 2;

    private readonly TrainingPlan plan;
    private readonly CounterRandom random;
    private readonly SequencePacker packer;
    private long packedEpoch = -1;
    private PackedBins bins = new([0], []);
    private int[] order = [];

    public BatchSampler(TrainingPlan plan, ISequenceSource source)
    {
        this.plan = plan;
        random = new CounterRandom((ulong)plan.Seed);
        var lengths = new int[checked((int)source.Count)];
        for (var index = 0; index < lengths.Length; index++)
        {
            lengths[index] = source.LengthOf(index);
        }

        packer = new SequencePacker(lengths, plan.ContextLength);
    }

    /// <summary>Optimizer steps of one pass over <paramref name="bins"/> bins.</summary>
    public static long StepsPerEpoch(long bins, int batchSize) => (bins + batchSize - 1) / batchSize;

    /// <summary>
    /// The bins of optimizer step <paramref name="step"/> (from 0 over the whole run), each the indices of its sequences: together they
    /// have at most <see cref="TrainingPlan.ContextLength"/> tokens.
    /// </summary>
    public IReadOnlyList<int[]> BatchOf(long step)
    {
        var (epoch, stepInEpoch) = Math.DivRem(step, plan.StepsPerEpoch);
        if (epoch != packedEpoch)
        {
            bins = packer.Pack(random.Stream((ulong)epoch * StreamsPerEpoch));
            order = random.Stream(((ulong)epoch * StreamsPerEpoch) + 1).Permutation(bins.Count);
            packedEpoch = epoch;
        }

        var first = (int)(stepInEpoch * plan.Hyperparameters.BatchSize);
        var count = Math.Min(plan.Hyperparameters.BatchSize, bins.Count - first);
        return [.. Enumerable.Range(first, count).Select(position => bins[order[position]].ToArray())];
    }
}
