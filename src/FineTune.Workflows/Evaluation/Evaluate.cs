using System.Globalization;
using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Workflows.Datasets;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Evaluation;

/// <param name="TrainFiles">What was trained on, pinned.</param>
public sealed record EvaluateInput(RunSpec Spec, IReadOnlyList<DataFile> TrainFiles, int Epochs) : ITraced
{
    string? ITraced.TraceParent => Spec.TraceParent;
}

/// <param name="Metrics">Of the last epoch, with the eval loss before training.</param>
/// <param name="Warnings">Signs of training for too long; null in histories from before there were any.</param>
public sealed record EvaluationSummary(EpochMetrics? Metrics, string Summary, IReadOnlyList<string>? Warnings = null);

/// <summary>What <c>evaluation.json</c> of a run holds.</summary>
/// <param name="EvalLoss">Null without evaluation data.</param>
/// <param name="Memorization">Of the last epoch's generations.</param>
public sealed record EvaluationReport(
    IReadOnlyList<EpochEvaluation> Epochs, EvalLossTrend? EvalLoss, Memorization Memorization, IReadOnlyList<string> Warnings);

public sealed record EpochEvaluation(string Checkpoint, EpochMetrics? Metrics, IReadOnlyList<EvalGeneration> Generations);

/// <summary>
/// Gathers every epoch's eval loss, perplexity and generations into the run's evaluation report, and looks for signs of training for too
/// long.
/// </summary>
public sealed class Evaluate(IBlobStore blobs, MemorizationCheck memorization)
{
    public const string Phase = "evaluate";

    public Task<Outcome<EvaluationSummary>> RunAsync(EvaluateInput input) => Outcome.CatchAsync(async () =>
    {
        var paths = new RunPaths(input.Spec.RunId);
        var epochs = new List<EpochEvaluation>();
        for (var epoch = 1; epoch <= input.Epochs; epoch++)
        {
            var record = await blobs.ReadJsonAsync<CheckpointRecord>(paths.CheckpointRecord(epoch))
                ?? throw new ArtifactCorruptException(paths.Checkpoints, $"the record of epoch {epoch} is missing");
            var generations = await blobs.ReadJsonAsync<List<EvalGeneration>>(record.Checkpoint.Folder / EvalGeneration.FileName);
            epochs.Add(new EpochEvaluation(record.Name, record.Metrics, generations ?? []));
        }

        var trend = EvalLossTrend.Of(epochs);
        var copies = await memorization.RunAsync(input.TrainFiles, input.Spec.TaskType, epochs[^1].Generations);
        string[] warnings = [.. new[] { trend?.Warning(), copies.Warning() }.OfType<string>()];
        await blobs.WriteJsonAsync(paths.EvaluationReport, new EvaluationReport(epochs, trend, copies, warnings));
        var last = epochs[^1].Metrics;
        var metrics = last is null ? null : last with { InitialEvalLoss = epochs[0].Metrics?.InitialEvalLoss };
        return new EvaluationSummary(metrics, Summarize(metrics), warnings);
    });

    private static string Summarize(EpochMetrics? metrics) => metrics?.EvalLoss is { } loss
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"Eval loss {metrics.InitialEvalLoss:F4} before training, {loss:F4} after; perplexity {metrics.EvalPerplexity:F2}.")
        : "No held-out data: not evaluated.";
}
