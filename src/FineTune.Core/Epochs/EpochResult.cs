using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Telemetry;

namespace FineTune.Core.Epochs;

public enum EpochOutcome
{
    Completed,

    /// <summary>The run was cancelled; the checkpoint holds the last finished step.</summary>
    Canceled,
    Failed,

    /// <summary>The run was paused; the next attempt goes on from the checkpoint when it is resumed.</summary>
    Paused,
}

/// <summary>What a trainer reports for an <see cref="EpochJob"/>; the first result stored for an attempt is the attempt's result.</summary>
/// <param name="PauseId">The pause that was honoured, of an outcome of <see cref="EpochOutcome.Paused"/>.</param>
/// <param name="TraceParent">Of the training.</param>
public sealed record EpochResult(
    string RunId,
    string InstanceId,
    string EventName,
    int Epoch,
    int Attempt,
    EpochOutcome Outcome,
    ArtifactRef? Checkpoint,
    EpochMetrics? Metrics,
    Fault? Fault,
    string? PauseId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceParent = null) : ITraced;

/// <summary>Figures of an epoch. Losses are mean negative log-likelihoods per trained token, in nats.</summary>
/// <param name="Step">Optimizer steps done since the run began.</param>
/// <param name="InitialEvalLoss">Before the first step of the run; null after epoch 1 or without held-out data.</param>
/// <param name="Tokens">Tokens of the epoch, padding excluded.</param>
public sealed record EpochMetrics(
    int Epoch,
    long Step,
    double TrainLoss,
    double? EvalLoss,
    double? EvalPerplexity,
    double? EvalTokenAccuracy,
    double? InitialEvalLoss,
    long Tokens,
    double Seconds);

/// <summary>An eval prompt and what the model answered.</summary>
/// <param name="Response">Sampled, as the origin product does.</param>
public sealed record EvalGeneration(string Prompt, string Response)
{
    /// <summary>The answer without chance, always the most probable token; after the run's last epoch, to look for copies of training data.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Greedy { get; init; }

    /// <summary>The file of a checkpoint artefact that holds its generations.</summary>
    public const string FileName = "generations.json";
}

/// <summary>Overwritten by the trainer at every lease renewal: its sign of life and the run's live progress.</summary>
/// <param name="SecondsRemaining">Estimate for the whole run's training; null until it can be told.</param>
/// <param name="LossSpikes">Steps of the run at which the loss spiked; null when it never did.</param>
public sealed record Heartbeat(
    string RunId,
    int Epoch,
    int Attempt,
    DateTimeOffset Time,
    long Step,
    long TotalSteps,
    double? Loss,
    double? TokensPerSecond,
    double? SecondsRemaining,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? LossSpikes = null);
