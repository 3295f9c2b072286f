using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Workflows.Datasets;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Runs;

/// <summary>What clients do with runs; behind HTTP, uploads and the command line.</summary>
public sealed class RunService(
    RunRequestReader reader, RunViewReader views, TokenSets tokens, DataStores data, IBlobStore blobs, TimeProvider clock)
{
    private const string IdPrefix = "run-";
    private const int ListPage = 1000;

    private static readonly OrchestrationRuntimeStatus[] Unended =
        [.. Enum.GetValues<OrchestrationRuntimeStatus>().Where(status => !status.IsTerminal())];

    /// <summary>The id of the one run that belongs to <paramref name="key"/>, however often it is asked for.</summary>
    /// <param name="kind">Where keys of this kind come from, e.g. <c>upload</c>; keys of different kinds never meet.</param>
    public static string IdOf(string kind, string key) =>
        $"{IdPrefix}{kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16]}";

    /// <summary>Accepts a run and starts its orchestration, or answers every fault of the request.</summary>
    /// <param name="runId">Given by callers that may repeat themselves; an existing run of that id is answered as it is.</param>
    public async Task<(RunView? Run, IReadOnlyList<Fault> Faults)> CreateAsync(
        DurableTaskClient client, RunRequest request, string? runId = null, CancellationToken cancellationToken = default)
    {
        var id = runId ?? NewId();
        if (runId is not null && await FindAsync(client, id, cancellationToken) is { } existing)
        {
            return (existing, []);
        }

        var (spec, faults) = reader.Read(request, id);
        if (spec is null)
        {
            return (null, faults);
        }

        try
        {
            return (await StartAsync(client, await WithoutSecretsAsync(spec, cancellationToken), cancellationToken), []);
        }
        catch (DataAccessException refused)
        {
            return (null, [refused.ToFault(RefusedRun.Phase, "train_data_path")]);
        }
    }

    /// <summary>What a run is kept as, in records and history, has no credential in plain.</summary>
    private async Task<RunSpec> WithoutSecretsAsync(RunSpec spec, CancellationToken cancellationToken)
    {
        return spec with { TrainDataPath = await HideAsync(spec.TrainDataPath), EvalDataPath = spec.EvalDataPath is { } eval ? await HideAsync(eval) : null };

        async Task<string> HideAsync(string path) => DataPath.HasSecret(path) ? await data.ResolveAsync(path, cancellationToken) : path;
    }

    private async Task<RunView?> StartAsync(DurableTaskClient client, RunSpec spec, CancellationToken cancellationToken)
    {
        spec = spec with { TraceParent = Traces.Current };
        var id = spec.RunId;
        if (!await blobs.TryCreateJsonAsync(new RunPaths(id).Spec, spec, cancellationToken))
        {
            // Asked for before, perhaps in this moment and with another body: the first one is the run's.
            spec = await blobs.ReadJsonAsync<RunSpec>(new RunPaths(id).Spec, cancellationToken) ?? spec;
        }

        var from = spec.Restart is { } restart ? $", on from epoch {restart.Epoch} of run {restart.RunId}" : "";
        var created = new RunEvent(
            RunEventTypes.Created, clock.GetUtcNow(), RunEventTypes.Created, $"Created run {id}: {spec.Model} to {spec.RegisterTo}{from}.");
        await Journal(id).AppendEventsAsync([created], cancellationToken);
        if (await client.GetInstanceAsync(id, cancellation: cancellationToken) is null)
        {
            await ScheduleAsync(client, TrainRun.Name, id, spec, cancellationToken);
            Measures.Runs.Add(1, new KeyValuePair<string, object?>("status", "created"));
        }

        return await GetAsync(client, id, cancellationToken);
    }

    private static async Task ScheduleAsync(
        DurableTaskClient client, string orchestrator, string id, object input, CancellationToken cancellationToken)
    {
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, new StartOrchestrationOptions(id), cancellationToken);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // A concurrent request with the same id was first; its run is the answer.
        }
    }

    /// <summary>
    /// Keeps a request that cannot become a run as a failed one, for callers that nobody answers. Repeated with the same id it is one run.
    /// </summary>
    public static async Task RefuseAsync(
        DurableTaskClient client, string runId, RunRequest request, IReadOnlyList<Fault> faults, CancellationToken cancellationToken = default)
    {
        if (await client.GetInstanceAsync(runId, cancellation: cancellationToken) is null)
        {
            await ScheduleAsync(client, RefusedRun.Name, runId, new RefusedRunInput(runId, WithoutSecrets(request), faults), cancellationToken);
        }
    }

    private static RunRequest WithoutSecrets(RunRequest request) => request with
    {
        TrainDataPath = request.TrainDataPath is { } train ? DataPath.Display(train) : null,
        EvalDataPath = request.EvalDataPath is { } eval ? DataPath.Display(eval) : null,
    };

    /// <summary>Null when there is no such run.</summary>
    public async Task<RunView?> GetAsync(DurableTaskClient client, string id, CancellationToken cancellationToken = default)
    {
        var run = await FindAsync(client, id, cancellationToken);
        return run is { Status: RunStatus.Queued }
            ? run with { Progress = run.Progress with { QueuePosition = await QueuePositionAsync(client, run, cancellationToken) } }
            : run;
    }

    /// <summary>Without the place in the queue, which is found by looking at every other run.</summary>
    private async Task<RunView?> FindAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken) is { } metadata
            ? await views.ReadAsync(metadata, cancellationToken)
            : null;

    private static async Task<int> QueuePositionAsync(DurableTaskClient client, RunView queued, CancellationToken cancellationToken)
    {
        var unended = new OrchestrationQuery(
            Statuses: [OrchestrationRuntimeStatus.Running], InstanceIdPrefix: IdPrefix, PageSize: ListPage, FetchInputsAndOutputs: true);
        return 1 + await client.GetAllInstancesAsync(unended).CountAsync(
            other => other.Name == TrainRun.Name
                && other.LastUpdatedAt < queued.UpdatedAt
                && other.ReadCustomStatusAs<RunState>() is { Status: RunStatus.Queued },
            cancellationToken);
    }

    /// <summary>Newest first.</summary>
    /// <param name="statuses">Any of these; null or empty for all.</param>
    /// <param name="before">Only runs created before; the last of a page leads to the next.</param>
    public async IAsyncEnumerable<RunView> ListAsync(
        DurableTaskClient client, IReadOnlyList<RunStatus>? statuses = null, DateTimeOffset? before = null)
    {
        var wanted = statuses is { Count: > 0 } ? statuses : null;
        var query = new OrchestrationQuery(
            CreatedTo: before,
            Statuses: wanted?.Any(RunStatuses.HasEnded) == false ? Unended : null,
            InstanceIdPrefix: IdPrefix,
            PageSize: ListPage);
        var all = await client.GetAllInstancesAsync(query)
            .Where(metadata => metadata.Name is TrainRun.Name or RefusedRun.Name && (before is null || metadata.CreatedAt < before))
            .OrderByDescending(metadata => metadata.CreatedAt)
            .ToListAsync();
        foreach (var metadata in all)
        {
            // Inputs are read one by one: callers take the first few of many.
            if (await FindAsync(client, metadata.InstanceId, CancellationToken.None) is { } run && wanted?.Contains(run.Status) != false)
            {
                yield return run;
            }
        }
    }

    /// <summary>Asks the run to end; it stops within a step and keeps a checkpoint. Null when there is no such run.</summary>
    public async Task<RunView?> CancelAsync(
        DurableTaskClient client, string id, string? reason, CancellationToken cancellationToken = default)
    {
        var run = await FindAsync(client, id, cancellationToken);
        if (run is null || run.Status.HasEnded())
        {
            return run;
        }

        var request = new CancelRequest(reason);
        await blobs.WriteJsonAsync(new RunPaths(id).CancelMarker, request, cancellationToken);
        if (run.Status == RunStatus.Paused || await blobs.FindAsync(new RunPaths(id).PauseMarker, cancellationToken) is not null)
        {
            await client.ResumeInstanceAsync(id, "canceled", cancellationToken);
        }

        await client.RaiseEventAsync(id, TrainRun.CancelEvent, request, cancellationToken);
        return await GetAsync(client, id, cancellationToken);
    }

    /// <summary>
    /// Holds the run: no further step begins, and a trainer stops within a step, keeps a checkpoint and is free for others. Null when there
    /// is no such run.
    /// </summary>
    public async Task<RunView?> PauseAsync(DurableTaskClient client, string id, CancellationToken cancellationToken = default)
    {
        var run = await FindAsync(client, id, cancellationToken);
        if (run is null || run.Status.HasEnded() || run.Status == RunStatus.Terminating)
        {
            return run;
        }

        if (run.Status != RunStatus.Paused)
        {
            await client.SuspendInstanceAsync(id, "paused", cancellationToken);
        }

        // Also of a run that is paused already: whoever paused it may have died before the trainer was told.
        if (await blobs.ReadJsonAsync<PauseRequest>(new RunPaths(id).PauseMarker, cancellationToken) is null or { Resumed: true })
        {
            await blobs.WriteJsonAsync(new RunPaths(id).PauseMarker, new PauseRequest(Guid.NewGuid().ToString("N")), cancellationToken);
        }

        return run with { Status = RunStatus.Paused };
    }

    /// <summary>Lets a paused run go on, from its checkpoint when it was training. Null when there is no such run.</summary>
    public async Task<RunView?> ResumeAsync(DurableTaskClient client, string id, CancellationToken cancellationToken = default)
    {
        var run = await FindAsync(client, id, cancellationToken);
        var pause = await blobs.ReadJsonAsync<PauseRequest>(new RunPaths(id).PauseMarker, cancellationToken);
        if (run is null || run.Status.HasEnded() || (run.Status != RunStatus.Paused && pause is null or { Resumed: true }))
        {
            return run;
        }

        // The instance last: until then the run is paused and the call can be repeated.
        if (pause is not null)
        {
            pause = pause with { Resumed = true };
            await blobs.WriteJsonAsync(new RunPaths(id).PauseMarker, pause, cancellationToken);
            await client.RaiseEventAsync(TrainRun.ChildId(id, run.Progress.Epoch), TrainEpoch.ResumeEvent(pause.Id), pause, cancellationToken);
        }

        await client.ResumeInstanceAsync(id, "resumed", cancellationToken);
        return run.Status == RunStatus.Paused ? run with { Status = RunStatus.Queued } : run;
    }

    /// <summary>Starts a new run that goes on from a checkpoint of an ended one, with everything else as it was.</summary>
    /// <param name="checkpoint">E.g. <c>ep2</c>; null takes the newest.</param>
    /// <param name="newRunId">Given by callers that may repeat themselves; an existing run of that id is answered as it is.</param>
    /// <returns>The new run; null when there is no such run.</returns>
    /// <exception cref="FaultException">The run has not ended, or has no such checkpoint.</exception>
    public async Task<RunView?> RestartAsync(
        DurableTaskClient client, string id, string? checkpoint, string? newRunId = null, CancellationToken cancellationToken = default)
    {
        if (newRunId is not null && await FindAsync(client, newRunId, cancellationToken) is { } existing)
        {
            return existing;
        }

        var run = await FindAsync(client, id, cancellationToken);
        if (run is null)
        {
            return null;
        }

        if (!run.Status.HasEnded())
        {
            throw new FaultException(Fault.Caller(
                PrepareRestart.Phase, "run_not_ended", $"Run {id} is still {run.Status}. Cancel it first, or pause and resume it."));
        }

        var records = await CheckpointsAsync(id, cancellationToken);
        var record = checkpoint is null
            ? records.MaxBy(candidate => candidate.Step)
            : records.FirstOrDefault(candidate => candidate.Name.Equals(checkpoint, StringComparison.OrdinalIgnoreCase));
        if (record is null || await blobs.ReadJsonAsync<RunSpec>(new RunPaths(id).Spec, cancellationToken) is not { } spec)
        {
            throw new FaultException(Fault.Caller(
                PrepareRestart.Phase,
                "checkpoint_not_found",
                $"Run {id} has no checkpoint{(checkpoint is null ? "" : $" '{checkpoint}'")}. List them with GET /api/runs/{id}/checkpoints.",
                "checkpoint"));
        }

        var restart = new RestartPoint(id, record.Epoch, record.Step, record.Checkpoint);
        return await StartAsync(client, spec with { RunId = newRunId ?? NewId(), Restart = restart }, cancellationToken);
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

        if (!run.Status.HasEnded())
        {
            return false;
        }

        // Without its fences nobody trains it any more, so that nothing comes after.
        await blobs.DeleteFolderAsync(new RunPaths(id).Fences, cancellationToken);
        await tokens.ReleaseAsync(id, cancellationToken);
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

    private RunJournal Journal(string id) => new(blobs, id);

    private string NewId() => string.Create(
        CultureInfo.InvariantCulture, $"{IdPrefix}{clock.GetUtcNow():yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");
}
