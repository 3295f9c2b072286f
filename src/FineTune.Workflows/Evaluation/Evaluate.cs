using System.Globalization;
using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Evaluation;

public sealed record EvaluateInput(
    string RunId, int Epochs, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceParent = null) : ITraced;

/// <param name="Metrics">Of the last epoch, with the eval loss before training.</param>
public sealed record EvaluationSummary(EpochMetrics? Metrics, string Summary);

/// <summary>What <c>evaluation.json</c> of a run holds.</summary>
public sealed record EvaluationReport(IReadOnlyList<EpochEvaluation> Epochs);

public sealed record EpochEvaluation(string Checkpoint, EpochMetrics? Metrics, IReadOnlyList<EvalGeneration> Generations);

/// <summary>Gathers every epoch's eval loss, perplexity and generations into the run's evaluation report.</summary>
public sealed class Evaluate(IBlobStore blobs)
{
    public const string Phase = "evaluate";

    public Task<Outcome<EvaluationSummary>> RunAsync(EvaluateInput input) => Outcome.CatchAsync(async () =>
    {
        var paths = new RunPaths(input.RunId);
        var epochs = new List<EpochEvaluation>();
        for (var epoch = 1; epoch <= input.Epochs; epoch++)
        {
            var record = await blobs.ReadJsonAsync<CheckpointRecord>(paths.CheckpointRecord(epoch))
                ?? throw new ArtifactCorruptException(paths.Checkpoints, $"the record of epoch {epoch} is missing");
            var generations = await blobs.ReadJsonAsync<List<EvalGeneration>>(record.Checkpoint.Folder / EvalGeneration.FileName);
            epochs.Add(new EpochEvaluation(record.Name, record.Metrics, generations ?? []));
        }

        await blobs.WriteJsonAsync(paths.EvaluationReport, new EvaluationReport(epochs));
        var last = epochs[^1].Metrics;
        var metrics = last is null ? null : last with { InitialEvalLoss = epochs[0].Metrics?.InitialEvalLoss };
        return new EvaluationSummary(metrics, Summarize(metrics));
    });

    private static string Summarize(EpochMetrics? metrics) => metrics?.EvalLoss is { } loss
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"Eval loss {metrics.InitialEvalLoss:F4} before training, {loss:F4} after; perplexity {metrics.EvalPerplexity:F2}.")
        : "No held-out data: not evaluated.";
}
