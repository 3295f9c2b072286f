using FineTune.Core.Training;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>A part of each step's sequences with everything of its own, so that a thread takes it through the whole model alone.</summary>
internal sealed class Shard : IDisposable
{
    private readonly TrainedGradients? trained;

    public Shard(WeightLayout layout, LlamaParameters parameters, bool checkpointing)
    {
        Gradients = new GradientBuffer(parameters);
        trained = parameters.Trained.IsAll ? null : new TrainedGradients(parameters.Trained);
        Activations = new Activations(layout.Config, checkpointing);
    }

    /// <summary>For one thread.</summary>
    public CpuKernels Kernels { get; } = new(1);

    public PackedBatch Batch { get; } = new();

    public Activations Activations { get; }

    public GradientBuffer Gradients { get; }

    /// <summary>Of native memory.</summary>
    public long Bytes => Kernels.Bytes + Activations.Bytes + Gradients.Bytes + (trained?.Bytes ?? 0);

    /// <summary>Gradients of this step are in <see cref="Gradients"/>.</summary>
    public bool HasGradients { get; private set; }

    /// <summary>Sum over this step.</summary>
    public double Loss { get; private set; }

    /// <summary>Of the last batch evaluated.</summary>
    public EvaluationSums Evaluation { get; private set; } = new(0, 0, 0);

    public void BeginStep() => (HasGradients, Loss) = (false, 0);

    public void Pack(MicroBatch batch, ReadOnlySpan<int> shardOf, int shard)
    {
        Batch.Pack(batch, shardOf, shard);
        Activations.Reserve(Batch);
    }

    /// <summary>Gives the gradients to <paramref name="sink"/>, or adds them to its own.</summary>
    public void Train(LlamaPass pass, IKernels kernels, IGradientSink? sink, float scale)
    {
        if (Batch.LabelCount > 0)
        {
            if (sink is null && !HasGradients)
            {
                Gradients.BeginStep();
                HasGradients = true;
            }

            sink ??= Gradients;
            Loss += pass.Train(kernels, Batch, Activations, trained?.Before(sink) ?? sink, scale);
        }
    }

    public void Evaluate(LlamaPass pass, IKernels kernels) =>
        Evaluation = Batch.LabelCount > 0 ? pass.Evaluate(kernels, Batch, Activations) : new EvaluationSums(0, 0, 0);

    public void Dispose()
    {
        Kernels.Dispose();
        Batch.Dispose();
        Activations.Dispose();
        Gradients.Dispose();
        trained?.Dispose();
    }
}
