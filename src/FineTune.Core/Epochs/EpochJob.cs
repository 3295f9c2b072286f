using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Core.Telemetry;
using FineTune.Core.Training;

namespace FineTune.Core.Epochs;

/// <summary>One epoch of one run for a trainer: a queue message of references, never of data.</summary>
/// <param name="InstanceId">The orchestration that waits.</param>
/// <param name="EventName">The event it waits for; used once, so late results of older attempts cannot be mistaken.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Attempt">From 1; part of every path the attempt writes, so a zombie cannot overwrite its successor.</param>
/// <param name="Model">Architecture and tokenizer; weights too in epoch 1.</param>
/// <param name="Previous">Checkpoint at the end of the epoch before; null in epoch 1.</param>
/// <param name="EvalTokens">Held-out data; null when there is none.</param>
/// <param name="Resume">Checkpoint within the epoch from which an older run's training goes on.</param>
/// <param name="Queue">The queue it is sent to; null means <see cref="Storage.Queues.TrainEpoch"/>.</param>
/// <param name="TraceParent">Of the run; in the message, of its dispatch.</param>
/// <param name="EnqueuedAt">In the message: when it was sent.</param>
public sealed record EpochJob(
    string RunId,
    string InstanceId,
    string EventName,
    int Epoch,
    int Attempt,
    TrainingPlan Plan,
    ArtifactRef Model,
    ArtifactRef? Previous,
    ArtifactRef TrainTokens,
    ArtifactRef? EvalTokens,
    ArtifactRef? Resume = null,
    string? Queue = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceParent = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EnqueuedAt = null) : ITraced;

/// <summary>The newest attempt of an epoch, stored at <see cref="RunPaths.Fence"/>.</summary>
public sealed record EpochFence(int Attempt);
