using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Validation;
using FineTune.Workflows.Datasets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FineTune.Api.Datasets;

/// <summary>
/// <c>POST /api/datasets/validate</c>: the data fields of a run's request; the answer, 200 also with errors in the data, is the report that
/// the run's first step would write. Without a model only the structure is checked.
/// </summary>
public static class ValidateDataset
{
    /// <exception cref="FaultException">The request can't be answered: 400 with what to change.</exception>
    public static async Task<Ok<ValidationReports>> RunAsync(
        RunRequest body, DatasetChecks checks, ModelCatalogue catalogue, TimeProvider clock, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        if (string.IsNullOrWhiteSpace(body.TrainDataPath))
        {
            throw Invalid("train_data_path is missing; give the path of the training data, e.g. /Volumes/main/demo/train/data.jsonl.", "train_data_path");
        }

        if (body.ContextLength is < 2)
        {
            throw Invalid($"context_length must be at least 2, but is {body.ContextLength}.", "context_length");
        }

        var duration = TrainingDuration.Default;
        if (body.TrainingDuration is { } text && !TrainingDuration.TryParse(text, out duration))
        {
            throw Invalid($"training_duration must be like 3ep, 100ba or 1000000tok, but got '{text}'.", "training_duration");
        }

        var data = await checks.RunAsync(
            new DatasetCheck(
                body.TrainDataPath.Trim(),
                body.EvalDataPath,
                body.TaskType ?? TaskType.ChatCompletion,
                body.Model is null ? null : catalogue.Resolve(body.Model.Trim(), today).Unwrap(),
                body.CustomWeightsPath,
                body.ContextLength,
                duration,
                body.Hyperparameters ?? new HyperparametersRequest(),
                today),
            cancellationToken);
        return TypedResults.Ok(data.Reports);
    }

    private static FaultException Invalid(string message, string field) =>
        new(Fault.Caller(ValidationReport.Phase, "request_invalid", message, field));
}
