using System.Text.Json.Serialization;

namespace FineTune.Core.Runs;

public enum LearningRateSchedule
{
    Linear,
    Cosine,
}

/// <summary>Optimizer settings a request may give; what is null takes the default of <see cref="Resolve"/>.</summary>
public sealed record HyperparametersRequest(
    int? BatchSize = null,
    int? MicroBatchSize = null,
    double? WeightDecay = null,
    double? Beta1 = null,
    double? Beta2 = null,
    double? Epsilon = null,
    double? WarmupRatio = null,
    int? WarmupSteps = null,
    LearningRateSchedule? Schedule = null,
    double? MaxGradNorm = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? CheckpointLayers = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] OptimizerKind? Optimizer = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TrainingPrecision? Precision = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Freeze = null)
{
    public Hyperparameters Resolve(double learningRate)
    {
        var batch = BatchSize ?? 8;
        return new Hyperparameters(
            learningRate,
            batch,
            MicroBatchSize ?? batch,
            WeightDecay ?? 0,
            Beta1 ?? 0.9,
            Beta2 ?? 0.95,
            Epsilon ?? 1e-8,
            WarmupRatio ?? 0.02,
            WarmupSteps,
            Schedule ?? LearningRateSchedule.Linear,
            MaxGradNorm ?? 1.0,
            CheckpointLayers,
            Optimizer ?? OptimizerKind.Adamw,
            Precision ?? TrainingPrecision.Fp32,
            Freeze is { Count: > 0 } ? Freeze : null);
    }
}

/// <summary>Optimizer settings of a run, complete.</summary>
/// <param name="LearningRate">Peak, reached at the end of the warm-up; falls to 0 at the last step.</param>
/// <param name="BatchSize">Packed contexts per optimizer step.</param>
/// <param name="MicroBatchSize">Packed contexts per forward pass, at most: trainers take fewer where their memory asks for it. Gradients of a
/// step's micro-batches accumulate.</param>
/// <param name="WarmupRatio">Share of all steps; used when <paramref name="WarmupSteps"/> is null.</param>
/// <param name="MaxGradNorm">Global norm to which gradients are clipped; 0 turns clipping off.</param>
/// <param name="CheckpointLayers">Keeps only the input of each layer and computes the rest again on the way back (Chen et al., "Training
/// deep nets with sublinear memory cost", 2016): less memory, a third more time, the same bits. Null leaves it to the trainer.</param>
/// <param name="Freeze">Patterns of the weights that stay as they are, see <see cref="FrozenWeights"/>; null trains all.</param>
public sealed record Hyperparameters(
    double LearningRate,
    int BatchSize,
    int MicroBatchSize,
    double WeightDecay,
    double Beta1,
    double Beta2,
    double Epsilon,
    double WarmupRatio,
    int? WarmupSteps,
    LearningRateSchedule Schedule,
    double MaxGradNorm,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? CheckpointLayers = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] OptimizerKind Optimizer = OptimizerKind.Adamw,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TrainingPrecision Precision = TrainingPrecision.Fp32,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Freeze = null)
{
    /// <summary>The learning rate of optimizer step <paramref name="step"/> (from 0) of <paramref name="totalSteps"/>.</summary>
    public double LearningRateAt(long step, long totalSteps)
    {
        var warmup = WarmupSteps ?? (long)Math.Round(WarmupRatio * totalSteps);
        if (step < warmup)
        {
            return LearningRate * (step + 1) / warmup;
        }

        var done = (step - warmup) / (double)Math.Max(1, totalSteps - warmup);
        return Schedule == LearningRateSchedule.Linear
            ? LearningRate * (1 - done)
            : LearningRate * 0.5 * (1 + Math.Cos(Math.PI * done));
    }
}
