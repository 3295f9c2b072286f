using System.Globalization;
using System.Text;
using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Validation;
using FineTune.Data.Validation.Html;

namespace FineTune.Workflows.Datasets;

/// <param name="Train">The files to train on, pinned.</param>
/// <param name="Eval">The files to evaluate on; null when a part of the training data is to be held out.</param>
public sealed record ValidatedData(IReadOnlyList<DataFile> Train, IReadOnlyList<DataFile>? Eval, string Summary);

/// <summary>Finds the run's data and checks every example; what was found is the run's validation report, as JSON and as a page.</summary>
public sealed class ValidateData(DatasetLocator locator, DatasetChecks checks, ModelCatalogue catalogue, IBlobStore blobs)
{
    public const string Phase = ValidationReport.Phase;

    public Task<Outcome<ValidatedData>> RunAsync(RunSpec spec) => Outcome.CatchAsync(async () =>
    {
        if (!spec.ValidateInputs)
        {
            var train = await locator.FindAsync(spec.TrainDataPath, spec.TaskType, Phase, "train_data_path");
            var eval = spec.EvalDataPath is null ? null : await locator.FindAsync(spec.EvalDataPath, spec.TaskType, Phase, "eval_data_path");
            return new ValidatedData(
                train.Files,
                eval?.Files,
                $"Validation was skipped: validate_inputs is false.{LeftOut(train)}{LeftOut(eval)}");
        }

        var data = await checks.RunAsync(new DatasetCheck(
            spec.TrainDataPath,
            spec.EvalDataPath,
            spec.TaskType,
            catalogue.TryFind(spec.Model, out var model) ? model : null,
            spec.CustomWeightsPath,
            spec.ContextLength,
            spec.TrainingDuration,
            spec.Hyperparameters,
            spec.Date));
        var paths = new RunPaths(spec.RunId);
        await blobs.WriteJsonAsync(paths.ValidationReport, data.Reports);
        using var page = new MemoryStream(Encoding.UTF8.GetBytes(ValidationPage.Render(data.Reports)));
        await blobs.WriteAsync(paths.ValidationPage, page);
        return data.Reports.ToFault() is { } invalid
            ? throw new FaultException(invalid)
            : new ValidatedData(data.Train, data.Eval, Summarize(data.Reports));
    });

    private static string LeftOut(LocatedData? data) => data is not { LeftOut: [var first, ..] } ? "" : string.Create(
        CultureInfo.InvariantCulture, $" {data.LeftOut.Count} file(s) of other kinds are left out, such as {first}.");

    private static string Summarize(ValidationReports reports) => string.Create(
        CultureInfo.InvariantCulture,
        $"Validated {reports.Train.Examples} training example(s){(reports.Eval is { } eval ? $" and {eval.Examples} evaluation example(s)" : "")}: "
            + $"no errors, {reports.Train.Warnings + (reports.Eval?.Warnings ?? 0)} warning(s).");
}
