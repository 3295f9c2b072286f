using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Formatting;
using FineTune.Data.Validation;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Datasets;

/// <summary>What is to be checked.</summary>
/// <param name="Model">Null checks the structure alone.</param>
/// <param name="Date">That chat templates show.</param>
public sealed record DatasetCheck(
    string TrainDataPath,
    string? EvalDataPath,
    TaskType TaskType,
    CatalogueModel? Model,
    string? CustomWeightsPath,
    int? ContextLength,
    TrainingDuration TrainingDuration,
    HyperparametersRequest Hyperparameters,
    DateOnly Date);

/// <summary>The data of a run and what was found in it.</summary>
/// <param name="Train">The files to train on, pinned.</param>
/// <param name="Eval">Null when there are none.</param>
public sealed record CheckedData(IReadOnlyList<DataFile> Train, IReadOnlyList<DataFile>? Eval, ValidationReports Reports);

/// <summary>Checks data as a run would train on it.</summary>
public sealed class DatasetChecks(
    DatasetLocator locator, DataStores stores, RunTokenizers tokenizers, ResolveModel models, WorkflowOptions options)
{
    /// <exception cref="FaultException">A path can't be read, or the model has no usable tokenizer or template.</exception>
    public async Task<CheckedData> RunAsync(DatasetCheck check, CancellationToken cancellationToken = default)
    {
        var train = await locator.FindAsync(check.TrainDataPath, check.TaskType, ValidationReport.Phase, "train_data_path", cancellationToken);
        var eval = string.IsNullOrEmpty(check.EvalDataPath)
            ? null
            : await locator.FindAsync(check.EvalDataPath, check.TaskType, ValidationReport.Phase, "eval_data_path", cancellationToken);
        var reports = await DatasetValidator.ValidateAsync(
            DataSources.Open(stores, train),
            eval is null ? null : DataSources.Open(stores, eval),
            check.TaskType,
            await OptionsAsync(check),
            cancellationToken);
        return new CheckedData(train.Files, eval?.Files, reports);
    }

    private async Task<ValidationOptions> OptionsAsync(DatasetCheck check)
    {
        var encoder = check.Model is null ? null : await EncoderAsync(check.Model, check);
        return new ValidationOptions
        {
            Model = check.Model,
            ContextLength = encoder?.ContextLength ?? check.ContextLength,
            Encoder = encoder,
            TrainingDuration = check.TrainingDuration,
            BatchSize = check.Hyperparameters.Resolve(0).BatchSize,
            Hyperparameters = check.Hyperparameters,
            Gpus = options.Gpus,
            WorkDirectory = Directory.CreateDirectory(options.WorkDirectory).FullName,
        };
    }

    /// <summary>Null when the model's weights, and with them its tokenizer, are not here yet.</summary>
    private async Task<ExampleEncoder?> EncoderAsync(CatalogueModel model, DatasetCheck check)
    {
        var resolved = await models.FindAsync(model, check.CustomWeightsPath, check.ContextLength, null);
        if (resolved is not { Succeeded: true, Value: { } found })
        {
            return resolved.Fault is { Code: ModelLocator.WeightsMissingCode } ? null : throw new FaultException(resolved.Fault!);
        }

        var tokenizer = await tokenizers.LoadAsync(found.Model);
        var template = check.TaskType == TaskType.ChatCompletion ? ChatTemplate.For(tokenizer, check.Date, ModelCatalogue.ChatTemplateText(model.ChatTemplate)) : null;
        return new ExampleEncoder(tokenizer, template, found.ContextLength);
    }
}
