using System.Text.Json.Serialization;

namespace FineTune.Core.Runs;

/// <summary>Figures of one optimizer step. A loss that is no number any more is written as such.</summary>
/// <param name="Step">From 0 over the whole run.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean negative log-likelihood per trained token, in nats.</param>
/// <param name="GradNorm">Global norm before clipping.</param>
/// <param name="Tokens">Tokens of the step, padding excluded.</param>
public sealed record StepMetrics(
    long Step,
    int Epoch,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Loss,
    double LearningRate,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double GradNorm,
    long Tokens,
    double TokensPerSecond,
    DateTimeOffset Time);
