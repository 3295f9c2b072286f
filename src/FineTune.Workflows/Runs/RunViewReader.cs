using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Workflows.Durable;

namespace FineTune.Workflows.Runs;

/// <summary>Puts together what clients see of a run: its orchestration and what its trainer last told.</summary>
public sealed class RunViewReader(IBlobStore blobs, TimeProvider clock)
{
    /// <summary>Null when the instance is no run.</summary>
    public Task<RunView?> ReadAsync(OrchestrationMetadata metadata, CancellationToken cancellationToken = default) => metadata.Name switch
    {
        TrainRun.Name => ReadRunAsync(metadata, cancellationToken),
        RefusedRun.Name => Task.FromResult<RunView?>(Refused(metadata)),
        _ => Task.FromResult<RunView?>(null),
    };

    private async Task<RunView?> ReadRunAsync(OrchestrationMetadata metadata, CancellationToken cancellationToken)
    {
        var spec = metadata.ReadInputAs<RunSpec>()! with { RunId = metadata.InstanceId };
        var state = StateOf(metadata);
        var heartbeat = state.Epoch > 0 ? await new RunJournal(blobs, spec.RunId).ReadHeartbeatAsync(cancellationToken) : null;
        var status = state.Status == RunStatus.Queued && await IsTakenAsync(heartbeat, state.Epoch, cancellationToken)
            ? RunStatus.Running
            : state.Status;
        return new RunView(
            spec.RunId,
            spec.Name,
            status,
            state.Phase,
            state.Fault?.Message,
            metadata.CreatedAt,
            metadata.LastUpdatedAt,
            status.HasEnded() ? metadata.LastUpdatedAt : null,
            spec.Model,
            spec.RegisterTo.ToString(),
            state.Registered,
            spec.TaskType,
            DataPath.Display(spec.TrainDataPath),
            spec.EvalDataPath is { } eval ? DataPath.Display(eval) : null,
            spec.EvalPrompts,
            spec.CustomWeightsPath,
            spec.TrainingDuration.ToString(),
            spec.LearningRate,
            spec.ContextLength,
            spec.ExperimentPath,
            spec.Seed,
            spec.Hyperparameters,
            spec.License,
            Progress(state, heartbeat),
            state.LastEpoch,
            state.Fault,
            [.. spec.Warnings, .. state.Warnings ?? [], .. SpikeWarning(heartbeat)],
            spec.Residency);
    }

    private static IEnumerable<string> SpikeWarning(Heartbeat? heartbeat) => heartbeat?.LossSpikes is { Count: > 0 } spikes
        ? [$"The training loss spiked at {(spikes.Count == 1 ? "step" : "steps")} {string.Join(", ", spikes)}; the run's events name the lines of data."]
        : [];

    /// <summary>Whether the sign of life is one of the epoch's newest attempt.</summary>
    private async Task<bool> IsTakenAsync(Heartbeat? heartbeat, int epoch, CancellationToken cancellationToken) =>
        heartbeat?.Epoch == epoch
        && await blobs.ReadJsonAsync<EpochFence>(new RunPaths(heartbeat.RunId).Fence(epoch), cancellationToken) is { } fence
        && fence.Attempt == heartbeat.Attempt;

    private RunProgress Progress(RunState state, Heartbeat? heartbeat)
    {
        var done = state.Status == RunStatus.Completed;
        return new RunProgress(
            state.Epoch,
            state.Epochs,
            done ? state.TotalSteps : heartbeat?.Step ?? state.LastEpoch?.Step ?? 0,
            state.TotalSteps,
            heartbeat?.Loss ?? state.LastEpoch?.TrainLoss,
            heartbeat?.TokensPerSecond,
            done ? 0 : Eta(state, heartbeat),
            heartbeat?.Time);
    }

    /// <summary>The trainer's last estimate less the time that has passed since; null when that is used up or nobody trains.</summary>
    private double? Eta(RunState state, Heartbeat? heartbeat) =>
        state.Status is RunStatus.Running or RunStatus.Queued
        && heartbeat?.SecondsRemaining - (clock.GetUtcNow() - heartbeat?.Time)?.TotalSeconds is { } left and >= 0
            ? left
            : null;

    private RunView Refused(OrchestrationMetadata metadata)
    {
        var (id, request, faults) = metadata.ReadInputAs<RefusedRunInput>()!;
        return new RunView(
            id,
            request.Name ?? id,
            RunStatus.Failed,
            RefusedRun.Phase,
            string.Join(" ", faults.Select(fault => fault.Message)),
            metadata.CreatedAt,
            metadata.LastUpdatedAt,
            metadata.LastUpdatedAt,
            request.Model ?? "",
            request.RegisterTo ?? "",
            null,
            request.TaskType ?? TaskType.ChatCompletion,
            request.TrainDataPath ?? "",
            request.EvalDataPath,
            request.EvalPrompts ?? [],
            request.CustomWeightsPath,
            request.TrainingDuration ?? "",
            request.LearningRate,
            request.ContextLength,
            request.ExperimentPath,
            request.Seed ?? 0,
            request.Hyperparameters ?? new HyperparametersRequest(),
            new LicenseRecord("", "", null, "not_required"),
            Progress(new RunState(RunStatus.Failed, RefusedRun.Phase), null),
            null,
            faults[0],
            []);
    }

    /// <summary>The custom status, corrected by the engine's own where the orchestrator had no chance to say it.</summary>
    private static RunState StateOf(OrchestrationMetadata metadata)
    {
        var state = metadata.ReadCustomStatusAs<RunState>() ?? new RunState(RunStatus.Pending, "check_region");
        return metadata.RuntimeStatus switch
        {
            OrchestrationRuntimeStatus.Terminated or OrchestrationRuntimeStatus.Canceled => state with { Status = RunStatus.Canceled },
            OrchestrationRuntimeStatus.Suspended => state with { Status = RunStatus.Paused },
            OrchestrationRuntimeStatus.Failed when state.Status != RunStatus.Failed => state with
            {
                Status = RunStatus.Failed,
                Fault = Fault.Platform(state.Phase, "workflow_failed", metadata.FailureDetails?.ErrorMessage ?? "The workflow failed."),
            },
            _ => state,
        };
    }
}
