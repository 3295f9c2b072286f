using System.Globalization;
using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Core.Training;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Runs;

public sealed record PrepareRestartInput(
    string RunId,
    RestartPoint From,
    TrainingPlan Plan,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceParent = null) : ITraced;

/// <summary>Where training begins.</summary>
/// <param name="Epoch">The first to train, from 1; one more than the plan has when only registration is left.</param>
/// <param name="Last">The checkpoint at the end of the epoch before.</param>
/// <param name="Resume">A checkpoint within <paramref name="Epoch"/>.</param>
public sealed record TrainingStart(int Epoch, CheckpointRecord? Last = null, ArtifactRef? Resume = null);

/// <summary>Copies the checkpoint a run restarts from, and the records before it, so that the older run can be deleted.</summary>
public sealed class PrepareRestart(IBlobStore blobs, ArtifactStore artifacts)
{
    public const string Phase = "restart";

    public Task<Outcome<TrainingStart>> RunAsync(PrepareRestartInput input) => Outcome.CatchAsync(async () =>
    {
        var (runId, from, plan, _) = input;
        var end = from.Epoch <= plan.Epochs ? plan.StepsOf(from.Epoch).End : -1;
        var complete = from.Step == end;
        if (from.Step > end || from.Step < plan.StepsOf(from.Epoch).First)
        {
            throw new FaultException(Fault.Caller(
                Phase,
                "data_changed",
                $"The checkpoint of run {from.RunId} was taken after step {from.Step} in epoch {from.Epoch}, which the data of today does not have: "
                + "it has changed since. Start a new run with custom_weights_path instead."));
        }

        var own = new RunPaths(runId);
        var name = string.Create(CultureInfo.InvariantCulture, $"restart/ep{from.Epoch:D4}");
        var copy = await artifacts.CopyAsync(from.Checkpoint, own.Root / name);
        CheckpointRecord? last = null;
        for (var epoch = 1; epoch <= (complete ? from.Epoch : from.Epoch - 1); epoch++)
        {
            last = await blobs.ReadJsonAsync<CheckpointRecord>(new RunPaths(from.RunId).CheckpointRecord(epoch))
                ?? throw new FaultException(Fault.Caller(Phase, "checkpoint_not_found", $"Run {from.RunId} has no checkpoint of epoch {epoch} any more."));
            last = epoch == from.Epoch ? last with { Checkpoint = copy } : last;
            await blobs.WriteJsonAsync(own.CheckpointRecord(epoch), last);
        }

        return complete ? new TrainingStart(from.Epoch + 1, last) : new TrainingStart(from.Epoch, last, copy);
    });
}
