using FineTune.Core.Models;

namespace FineTune.Core.Runs;

/// <summary>A run as it was accepted: the input of its orchestration, complete and immutable.</summary>
/// <param name="RunId">Also the orchestration's instance id.</param>
/// <param name="Seed">Seeds the hold-out split and the shuffles.</param>
/// <param name="ContextLength">In tokens; null means the smaller of 8192 and the model's maximum.</param>
/// <param name="LearningRate">Peak; null means the model's default.</param>
/// <param name="Region">As configured on the host that accepted the run; judged by the first step.</param>
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
    HyperparametersRequest Hyperparameters,
    bool LicenseAccepted,
    IReadOnlyList<string> Warnings);
