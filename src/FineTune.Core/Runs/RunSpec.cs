using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Models;
using FineTune.Core.Regions;
using FineTune.Core.Telemetry;

namespace FineTune.Core.Runs;

/// <summary>A run as it was accepted: the input of its orchestration, complete and immutable.</summary>
/// <param name="RunId">Also the orchestration's instance id.</param>
/// <param name="Seed">Seeds the hold-out split and the shuffles.</param>
/// <param name="Date">UTC day of creation; chat templates that state a date use this one.</param>
/// <param name="ContextLength">In tokens; null means the smaller of 8192 and the model's maximum.</param>
/// <param name="LearningRate">Peak; null means the model's default.</param>
/// <param name="Residency">Where the run's data is kept and trained on.</param>
/// <param name="TraceParent">Of the request that created it.</param>
public sealed record RunSpec(
    string RunId,
    string Name,
    string Model,
    string TrainDataPath,
    RegisteredModelName RegisterTo,
    TaskType TaskType,
    string? EvalDataPath,
    IReadOnlyList<string> EvalPrompts,
    string? CustomWeightsPath,
    TrainingDuration TrainingDuration,
    double? LearningRate,
    int? ContextLength,
    string? ExperimentPath,
    bool ValidateInputs,
    int Seed,
    DateOnly Date,
    HyperparametersRequest Hyperparameters,
    LicenseRecord License,
    DispatchPolicy Dispatch,
    IReadOnlyList<string> Warnings,
    RestartPoint? Restart = null,
    DataResidency? Residency = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceParent = null) : ITraced;

/// <summary>The checkpoint of an older run from which a run goes on.</summary>
/// <param name="Epoch">In which it was taken, from 1.</param>
/// <param name="Step">Optimizer steps done.</param>
public sealed record RestartPoint(string RunId, int Epoch, long Step, ArtifactRef Checkpoint);

/// <summary>The licence of the base model and who accepted it.</summary>
/// <param name="AcceptedBy"><c>request</c>, <c>configuration</c> or <c>not_required</c>.</param>
public sealed record LicenseRecord(string Name, string Link, string? AcceptableUsePolicy, string AcceptedBy);

/// <summary>How long the workflow waits for what; part of the run so that a replay sees the same.</summary>
/// <param name="MaxAttempts">Attempts an epoch gets.</param>
/// <param name="CheckInterval">How often the waiting workflow looks for a sign of life; less often while the epoch is in the queue.</param>
/// <param name="TrainerTimeout">A trainer silent for longer is taken for dead and the epoch dispatched anew.</param>
/// <param name="CancelGrace">How long a cancelled run waits for its trainer's last checkpoint; four times, if a trainer has begun.</param>
/// <param name="StepTimeout">A step other than training that takes longer fails the run.</param>
/// <param name="QueueTimeout">An epoch that no trainer has taken for so long fails the run.</param>
/// <param name="Queue">Of the trainers, where it is not the usual one.</param>
public sealed record DispatchPolicy(
    int MaxAttempts, TimeSpan CheckInterval, TimeSpan TrainerTimeout, TimeSpan CancelGrace, TimeSpan StepTimeout, TimeSpan QueueTimeout,
    string? Queue = null)
{
    public static DispatchPolicy Default { get; } = new(
        3, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(2), TimeSpan.FromHours(6), TimeSpan.FromDays(7));
}
