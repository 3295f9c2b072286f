using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Regions;
using FineTune.Core.Runs;

namespace FineTune.Workflows.Runs;

/// <summary>A run as clients see it.</summary>
/// <param name="Id">Also the instance id of its orchestration.</param>
/// <param name="Phase">The step under way, or the last one.</param>
/// <param name="Details">Why the run failed, in one sentence.</param>
/// <param name="RegisterTo">The full name of the model to be registered.</param>
/// <param name="Registered">The registered version, once there is one.</param>
/// <param name="Warnings">Of the request, of the trained model's evaluation, and of loss spikes.</param>
/// <param name="Residency">Where the run's data is kept and trained on.</param>
public sealed record RunView(
    string Id,
    string Name,
    RunStatus Status,
    string Phase,
    string? Details,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? CompletedAt,
    string Model,
    string RegisterTo,
    RegisteredVersion? Registered,
    TaskType TaskType,
    string TrainDataPath,
    string? EvalDataPath,
    IReadOnlyList<string> EvalPrompts,
    string? CustomWeightsPath,
    string TrainingDuration,
    double? LearningRate,
    int? ContextLength,
    string? ExperimentPath,
    int Seed,
    HyperparametersRequest Hyperparameters,
    LicenseRecord License,
    RunProgress Progress,
    EpochMetrics? Metrics,
    Fault? Fault,
    IReadOnlyList<string> Warnings,
    DataResidency? Residency = null);

/// <summary>How far training is.</summary>
/// <param name="QueuePosition">Of a queued run asked for by itself: 1 when no run dispatched earlier still waits or trains.</param>
/// <param name="EtaSeconds">Estimate to the end of training; null until it can be told.</param>
public sealed record RunProgress(
    int Epoch,
    int Epochs,
    long Step,
    long TotalSteps,
    double? Loss,
    double? TokensPerSecond,
    double? EtaSeconds,
    DateTimeOffset? LastHeartbeat,
    int? QueuePosition = null);
