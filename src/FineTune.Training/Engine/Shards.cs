using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using FineTune.Core.Training;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Training.Engine;

/// <summary>
/// Runs micro-batches through a pass: split over shards, one thread each, or, where that would leave threads idle, in the first shard
/// with all threads in every operation.
/// </summary>
/// <param name="threads">Of an operation outside of shards.</param>
/// <param name="count">Of shards.</param>
/// <param name="checkpointing">See <see cref="Core.Runs.Hyperparameters.CheckpointLayers"/>.</param>
internal sealed unsafe class Shards(
    WeightLayout layout, LlamaParameters parameters, RotaryAngles angles, int threads, int count, bool checkpointing) : IDisposable
{
    private readonly Shard[] shards = [.. Enumerable.Range(0, count).Select(_ => new Shard(layout, parameters, checkpointing))];
    private readonly BatchSplit split = new(count);
    private Action<Shard, IKernels>? work;
    private Exception? failure;

    /// <summary>With all threads.</summary>
    public CpuKernels Kernels { get; } = new(threads);

    public int Count => shards.Length;

    /// <summary>Of native memory.</summary>
    public long Bytes => Kernels.Bytes + shards.Sum(shard => shard.Bytes);

    /// <summary>Of this step, summed in the order of the shards.</summary>
    public double Loss
    {
        get
        {
            var sum = 0.0;
            foreach (var shard in shards)
            {
                sum += shard.Loss;
            }

            return sum;
        }
    }

    public EvaluationSums Evaluation => shards.Aggregate(new EvaluationSums(0, 0, 0), (sum, shard) => sum + shard.Evaluation);

    public void BeginStep()
    {
        foreach (var shard in shards)
        {
            shard.BeginStep();
        }
    }

    public void Run(MicroBatch batch, Action<Shard, IKernels> work)
    {
        var parallel = split.Split(batch);
        for (var i = 0; i < shards.Length; i++)
        {
            shards[i].Pack(batch, split.ShardOf, i);
            angles.Reserve(shards[i].Batch.Longest);
        }

        if (parallel)
        {
            RunParallel(work);
        }
        else
        {
            work(shards[0], Kernels);
        }
    }

    /// <summary>Sum of all shards' gradients, and its squared norm.</summary>
    public (GradientBuffer Gradients, double SquaredNorm) SumGradients()
    {
        var blocks = stackalloc float*[shards.Length];
        var used = 0;
        GradientBuffer? first = null;
        foreach (var shard in shards)
        {
            if (shard.HasGradients)
            {
                first ??= shard.Gradients;
                blocks[used++] = shard.Gradients.Data;
            }
        }

        return (first!, Kernels.SumGradients(blocks, used, parameters.Trained.StateCount));
    }

    public void Dispose()
    {
        Kernels.Dispose();
        foreach (var shard in shards)
        {
            shard.Dispose();
        }
    }

    private void RunParallel(Action<Shard, IKernels> shardWork)
    {
        (work, failure) = (shardWork, null);
        var self = GCHandle.Alloc(this);
        try
        {
            NativeThreads.For(shards.Length, shards.Length, 1, new ShardKernel(self));
        }
        finally
        {
            self.Free();
        }

        if (failure is { } thrown)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }
    }

    // An exception must not pass through native frames.
    private void RunShard(int index)
    {
        try
        {
            work!(shards[index], shards[index].Kernels);
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }
    }

    private readonly struct ShardKernel(GCHandle owner) : IRangeKernel
    {
        public void Run(int slot, long first, long end)
        {
            for (var index = first; index < end; index++)
            {
                ((Shards)owner.Target!).RunShard((int)index);
            }
        }
    }
}
