namespace FineTune.Core.Runs;

/// <summary>The body of <c>POST /api/runs</c>: the fields of <c>fm.create</c> in snake_case, and a few more.</summary>
/// <param name="RegisterTo"><c>catalog.schema</c> or <c>catalog.schema.model</c>.</param>
/// <param name="TrainingDuration">E.g. <c>3ep</c>, <c>100ba</c>, <c>1000000tok</c>.</param>
/// <param name="ValidateInputs">False skips the check of every example; structure is still checked while tokenizing.</param>
/// <param name="DataPrepClusterId">Accepted and ignored with a warning: no cluster is needed.</param>
/// <param name="AcceptLicense">The licence of <paramref name="Model"/> is accepted by the caller.</param>
public sealed record RunRequest(
    string? Model = null,
    string? TrainDataPath = null,
    string? RegisterTo = null,
    TaskType? TaskType = null,
    string? EvalDataPath = null,
    IReadOnlyList<string>? EvalPrompts = null,
    string? CustomWeightsPath = null,
    string? TrainingDuration = null,
    double? LearningRate = null,
    int? ContextLength = null,
    string? ExperimentPath = null,
    bool ValidateInputs = true,
    string? DataPrepClusterId = null,
    string? Name = null,
    int? Seed = null,
    HyperparametersRequest? Hyperparameters = null,
    bool AcceptLicense = false);
