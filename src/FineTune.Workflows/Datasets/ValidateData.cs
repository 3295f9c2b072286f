using System.Globalization;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Validation;

namespace FineTune.Workflows.Datasets;

/// <param name="Train">The files to train on, pinned.</param>
/// <param name="Eval">The files to evaluate on; null when a part of the training data is to be held out.</param>
public sealed record ValidatedData(IReadOnlyList<DataFile> Train, IReadOnlyList<DataFile>? Eval, string Summary);

/// <summary>What <c>validation.json</c> of a run holds.</summary>
public sealed record ValidationReports(ValidationReport Train, ValidationReport? Eval);

/// <summary>Finds the run's data and checks every example; all problems are in the run's validation report.</summary>
public sealed class ValidateData(DatasetLocator locator, IBlobStore blobs)
{
    public const string Phase = ValidationReport.Phase;

    public Task<Outcome<ValidatedData>> RunAsync(RunSpec spec) => Outcome.CatchAsync(async () =>
    {
        var train = await locator.FindAsync(spec.TrainDataPath, spec.TaskType, Phase, "train_data_path");
        var eval = spec.EvalDataPath is null ? null : await locator.FindAsync(spec.EvalDataPath, spec.TaskType, Phase, "eval_data_path");
        if (!spec.ValidateInputs)
        {
            return new ValidatedData(train, eval, "Validation was skipped: validate_inputs is false.");
        }

        var reports = new ValidationReports(
            await CheckAsync(train, spec.TaskType), eval is null ? null : await CheckAsync(eval, spec.TaskType));
        await blobs.WriteJsonAsync(new RunPaths(spec.RunId).ValidationReport, reports);
        if ((reports.Train.ToFault() ?? reports.Eval?.ToFault()) is { } invalid)
        {
            throw new FaultException(invalid);
        }

        return new ValidatedData(train, eval, Summarize(reports));
    });

    private Task<ValidationReport> CheckAsync(IReadOnlyList<DataFile> files, TaskType taskType) =>
        DatasetValidator.ValidateAsync(DataSources.Open(blobs, files), taskType);

    private static string Summarize(ValidationReports reports) => string.Create(
        CultureInfo.InvariantCulture,
        $"Validated {reports.Train.Examples} training example(s){(reports.Eval is { } eval ? $" and {eval.Examples} evaluation example(s)" : "")}: "
            + $"no errors, {reports.Train.Warnings + (reports.Eval?.Warnings ?? 0)} warning(s).");
}
