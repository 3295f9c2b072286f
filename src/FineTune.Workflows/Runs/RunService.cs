using System.Globalization;
using System.Security.Cryptography;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Runs;

/// <summary>What clients do with runs; behind HTTP, uploads and the command line.</summary>
public sealed class RunService(
    RunRequestReader reader, IBlobStore blobs, TimeProvider clock)
{
    private const string IdPrefix = "run-";

    /// <summary>Accepts a run and starts its orchestration, or answers every fault of the request.</summary>
    /// <param name="runId">Given by callers that may repeat themselves; an existing run of that id is answered as it is.</param>
    public async Task<(RunView? Run, IReadOnlyList<Fault> Faults)> CreateAsync(
        DurableTaskClient client, RunRequest request, string? runId = null, CancellationToken cancellationToken = default)
    {
        var id = runId ?? NewId();
        if (runId is not null && await GetAsync(client, id, cancellationToken) is { } existing)
        {
            return (existing, []);
        }

        var (spec, faults) = reader.Read(request, id);
        if (spec is null)
        {
            return (null, faults);
        }

        await blobs.WriteJsonAsync(new RunPaths(id).Spec, spec, cancellationToken);
        var created = new RunEvent(
            RunEventTypes.Created, clock.GetUtcNow(), RunEventTypes.Created, $"Created run {id}: {spec.Model} to {spec.RegisterTo}.");
        await Journal(id).AppendEventsAsync([created], cancellationToken);
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(TrainRun.Name, spec, new StartOrchestrationOptions(id), cancellationToken);
        }
        catch (OrchestrationAlreadyExistsException) when (runId is not null)
        {
            // A concurrent request with the same id was first; its run is the answer.
        }

        return (await GetAsync(client, id, cancellationToken), []);
    }

    /// <summary>Null when there is no such run.</summary>
    public async Task<RunView?> GetAsync(DurableTaskClient client, string id, CancellationToken cancellationToken = default)
    {
        var metadata = await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken);
        return metadata is null || metadata.Name != TrainRun.Name ? null : await ViewAsync(metadata, cancellationToken);
    }

    /// <summary>Newest first.</summary>
    public async IAsyncEnumerable<RunView> ListAsync(DurableTaskClient client, IReadOnlyList<RunStatus>? statuses = null)
    {
        var all = await client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: IdPrefix))
            .Where(metadata => metadata.Name == TrainRun.Name)
            .OrderByDescending(metadata => metadata.CreatedAt)
            .ToListAsync();
        foreach (var metadata in all)
        {
            // Inputs are read one by one: callers take the first few of many.
            if (await GetAsync(client, metadata.InstanceId) is { } run && (statuses is null or { Count: 0 } || statuses.Contains(run.Status)))
            {
                yield return run;
            }
        }
    }

    /// <summary>Asks the run to end; it stops within a step and keeps a checkpoint. Null when there is no such run.</summary>
    public async Task<RunView?> CancelAsync(
        DurableTaskClient client, string id, string? reason, CancellationToken cancellationToken = default)
    {
        var run = await GetAsync(client, id, cancellationToken);
        if (run is null || IsTerminal(run.Status))
        {
            return run;
        }

        var request = new CancelRequest(reason);
        await blobs.WriteJsonAsync(new RunPaths(id).CancelMarker, request, cancellationToken);
        await client.RaiseEventAsync(id, TrainRun.CancelEvent, request, cancellationToken);
        return await GetAsync(client, id, cancellationToken);
    }

    /// <summary>
    /// Removes an ended run and everything it made except registered versions; asks a run that has not ended to end first.
    /// </summary>
    /// <returns>True when the run is gone, false while it is still ending: repeat the call. Null when there is no such run.</returns>
    public async Task<bool?> DeleteAsync(DurableTaskClient client, string id, CancellationToken cancellationToken = default)
    {
        var run = await CancelAsync(client, id, "deleted", cancellationToken);
        if (run is null)
        {
            return null;
        }

        if (!IsTerminal(run.Status))
        {
            return false;
        }

        await blobs.DeleteFolderAsync(new RunPaths(id).Root, cancellationToken);
        await foreach (var child in client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: id + ":")))
        {
            await client.PurgeInstanceAsync(child.InstanceId, cancellationToken);
        }

        await client.PurgeInstanceAsync(id, cancellationToken);
        return true;
    }

    public Task<IReadOnlyList<RunEvent>> EventsAsync(string id, CancellationToken cancellationToken = default) =>
        Journal(id).ReadEventsAsync(cancellationToken);

    public Task<IReadOnlyList<StepMetrics>> MetricsAsync(string id, CancellationToken cancellationToken = default) =>
        Journal(id).ReadMetricsAsync(cancellationToken);

    public async Task<IReadOnlyList<CheckpointRecord>> CheckpointsAsync(string id, CancellationToken cancellationToken = default)
    {
        var folder = new RunPaths(id).Checkpoints;
        var records = new List<CheckpointRecord>();
        await foreach (var blob in blobs.ListAsync(folder.Container, folder.Name + "/", cancellationToken))
        {
            if (await blobs.ReadJsonAsync<CheckpointRecord>(blob.Path, cancellationToken) is { } record)
            {
                records.Add(record);
            }
        }

        return records;
    }

    public static bool IsTerminal(RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Canceled;

    private async Task<RunView> ViewAsync(OrchestrationMetadata metadata, CancellationToken cancellationToken)
    {
        var spec = metadata.ReadInputAs<RunSpec>()!;
        var state = StateOf(metadata);
        var heartbeat = state.Epoch > 0 ? await Journal(spec.RunId).ReadHeartbeatAsync(cancellationToken) : null;
        var done = state.Status == RunStatus.Completed;
        var progress = new RunProgress(
            state.Epoch,
            state.Epochs,
            done ? state.TotalSteps : heartbeat?.Step ?? state.LastEpoch?.Step ?? 0,
            state.TotalSteps,
            heartbeat?.Loss ?? state.LastEpoch?.TrainLoss,
            heartbeat?.TokensPerSecond,
            done ? 0 : heartbeat?.SecondsRemaining,
            heartbeat?.Time);
        var status = state.Status == RunStatus.Queued && heartbeat?.Epoch == state.Epoch ? RunStatus.Running : state.Status;
        return new RunView(
            spec.RunId,
            spec.Name,
            status,
            state.Phase,
            state.Fault?.Message,
            metadata.CreatedAt,
            metadata.LastUpdatedAt,
            IsTerminal(status) ? metadata.LastUpdatedAt : null,
            spec.Model,
            spec.RegisterTo.ToString(),
            state.Registered,
            spec.TaskType,
            spec.TrainDataPath,
            spec.EvalDataPath,
            spec.EvalPrompts,
            spec.CustomWeightsPath,
            spec.TrainingDuration.ToString(),
            spec.LearningRate,
            spec.ContextLength,
            spec.ExperimentPath,
            spec.Seed,
            spec.Hyperparameters,
            spec.License,
            progress,
            state.LastEpoch,
            state.Fault,
            spec.Warnings);
    }

    /// <summary>The custom status, corrected by the engine's own where the orchestrator had no chance to say it.</summary>
    private static RunState StateOf(OrchestrationMetadata metadata)
    {
        var state = metadata.ReadCustomStatusAs<RunState>() ?? new RunState(RunStatus.Pending, "check_region");
        return metadata.RuntimeStatus switch
        {
            OrchestrationRuntimeStatus.Terminated or OrchestrationRuntimeStatus.Canceled => state with { Status = RunStatus.Canceled },
            OrchestrationRuntimeStatus.Failed when state.Status != RunStatus.Failed => state with
            {
                Status = RunStatus.Failed,
                Fault = Fault.Platform(state.Phase, "workflow_failed", metadata.FailureDetails?.ErrorMessage ?? "The workflow failed."),
            },
            _ => state,
        };
    }

    private RunJournal Journal(string id) => new(blobs, id);

    private string NewId() => string.Create(
        CultureInfo.InvariantCulture, $"{IdPrefix}{clock.GetUtcNow():yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");
}
