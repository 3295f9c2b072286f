using System.Globalization;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Epochs;

/// <summary>A checkpoint of a run that is complete and verified.</summary>
/// <param name="Step">Optimizer steps done.</param>
public sealed record CheckpointRecord(string Name, int Epoch, long Step, ArtifactRef Checkpoint, EpochMetrics? Metrics, string Summary);

/// <summary>Verifies that the checkpoint of an epoch is complete and lists it under the run.</summary>
public sealed class RecordCheckpoint(IBlobStore blobs, ArtifactStore artifacts)
{
    public const string Phase = "checkpoint";

    public Task<Outcome<CheckpointRecord>> RunAsync(EpochResult result) => Outcome.CatchAsync(async () =>
    {
        var checkpoint = result.Checkpoint
            ?? throw new FaultException(Fault.Platform(Phase, "checkpoint_missing", $"Epoch {result.Epoch} ended without a checkpoint."));
        var manifest = await artifacts.OpenAsync(checkpoint);
        var name = string.Create(CultureInfo.InvariantCulture, $"ep{result.Epoch}");
        var record = new CheckpointRecord(
            name, result.Epoch, result.Metrics?.Step ?? 0, checkpoint, result.Metrics, Summarize(name, result, manifest.TotalLength));
        await blobs.WriteJsonAsync(new RunPaths(result.RunId).CheckpointRecord(result.Epoch), record);
        return record;
    });

    private static string Summarize(string name, EpochResult result, long bytes)
    {
        var losses = result.Metrics is { } metrics
            ? string.Create(CultureInfo.InvariantCulture, $" at step {metrics.Step}: train loss {metrics.TrainLoss:F4}")
                + (metrics.EvalLoss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", eval loss {loss:F4}") : "")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"Checkpoint {name} saved{losses} ({bytes / 1e6:F1} MB).");
    }
}
