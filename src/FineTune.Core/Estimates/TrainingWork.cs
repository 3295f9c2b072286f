using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Estimates;

/// <summary>What is to be trained: with a <see cref="TrainingDevice"/>, all that memory and time depend on.</summary>
/// <param name="ContextLength">In tokens; contexts are taken to be full, with loss everywhere.</param>
public sealed record TrainingWork(ModelShape Shape, int ContextLength, Hyperparameters Hyperparameters)
{
    /// <summary>Weights that are trained.</summary>
    public IReadOnlyList<WeightShape> Trained { get; } = FrozenWeights.Trained(Shape, Hyperparameters.Freeze);

    /// <summary>Rows of a forward pass.</summary>
    public long Rows => (long)ContextLength * Math.Min(Hyperparameters.MicroBatchSize, Hyperparameters.BatchSize);

    /// <summary>Whether layers are computed again on the way back.</summary>
    public bool RecomputesLayers => Hyperparameters.CheckpointLayers == true;

    /// <summary>Whether a step's gradients are kept until its end: for their norm, or for their sum over micro-batches.</summary>
    public bool KeepsGradients => Hyperparameters.MaxGradNorm > 0 || Hyperparameters.MicroBatchSize < Hyperparameters.BatchSize;

    /// <summary>The first layer that the backward pass has to reach; -1 when it has to reach the embedding.</summary>
    public int LowestTrainedLayer => FrozenWeights.LowestLayer(Shape, Trained);
}
