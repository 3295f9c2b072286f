using System.Text.Json.Serialization;

namespace FineTune.Core.Runs;

/// <summary>Figures of one optimizer step. A loss that is no number any more is written as such.</summary>
/// <param name="Step">Optimizer steps of the run done, from 1.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean negative log-likelihood per trained token, in nats.</param>
/// <param name="GradNorm">Global norm before clipping.</param>
/// <param name="Tokens">Tokens of the step, padding excluded.</param>
/// <param name="Mfu">Model FLOP/s utilization: the model's arithmetic (<see cref="Estimates.TrainingArithmetic"/>) against the fastest matrix
/// product that the trainer measured when it began. Null where it measured none.</param>
/// <param name="RssBytes">Resident memory of the trainer's process.</param>
/// <param name="EngineBytes">Of it the engine's: weights, moments, gradients, activations. Null where the engine cannot tell.</param>
/// <param name="LossSpike">The loss is far above those before it; a WARNING event says more.</param>
public sealed record StepMetrics(
    long Step,
    int Epoch,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Loss,
    double LearningRate,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double GradNorm,
    long Tokens,
    double TokensPerSecond,
    DateTimeOffset Time,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Mfu = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? RssBytes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? EngineBytes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool LossSpike = false);
