using DurableTask.Core.Exceptions;
using Grpc.Core;
using Ms = Microsoft.DurableTask;
using MsClient = Microsoft.DurableTask.Client;
using Port = FineTune.Workflows.Durable;

namespace FineTune.Functions.Durable;

/// <summary>The port's client on the one the host binds.</summary>
public sealed class AzureDurableClient(MsClient.DurableTaskClient inner) : Port.DurableTaskClient
{
    private static readonly IReadOnlyList<string> Live =
        [nameof(MsClient.OrchestrationRuntimeStatus.Pending), nameof(MsClient.OrchestrationRuntimeStatus.Running), nameof(MsClient.OrchestrationRuntimeStatus.Suspended)];

    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName,
        object? input = null,
        Port.StartOrchestrationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var start = new Ms.StartOrchestrationOptions(options?.InstanceId, options?.StartAt)
        {
            // A bare null would become an empty version, by way of the conversion from string, and so override the host's default one.
            Version = options?.Version is { } version ? new Ms.TaskVersion(version) : default(Ms.TaskVersion?),

            // The port's promise, whatever host.json says.
            DedupeStatuses = Live,
        };
        try
        {
            return await inner.ScheduleNewOrchestrationInstanceAsync(orchestratorName, input, start, cancellation);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            throw new Port.OrchestrationAlreadyExistsException(options?.InstanceId ?? "");
        }
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, () => inner.RaiseEventAsync(instanceId, eventName, eventPayload, cancellation), cancellation);

    public override async Task<Port.OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await inner.GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) is { } found ? DurableMapping.ToPort(found) : null;

    public override async Task<Port.OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        // The host would wait for it to be created.
        _ = await GetInstanceAsync(instanceId, false, cancellation)
            ?? throw new InvalidOperationException($"There is no orchestration instance '{instanceId}'.");
        return DurableMapping.ToPort(await inner.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs, cancellation));
    }

    /// <remarks>Asks for the children's end too, which a storage provider may not know how to do: they then run to their own end.</remarks>
    public override Task TerminateInstanceAsync(string instanceId, object? output = null, CancellationToken cancellation = default)
    {
        var options = new MsClient.TerminateInstanceOptions(output, Recursive: true);
        return SendAsync(instanceId, () => inner.TerminateInstanceAsync(instanceId, options, cancellation), cancellation);
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, () => inner.SuspendInstanceAsync(instanceId, reason, cancellation), cancellation);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, () => inner.ResumeInstanceAsync(instanceId, reason, cancellation), cancellation);

    /// <remarks>In the order of the storage provider, page by page as it answers them.</remarks>
    public override Port.AsyncPageable<Port.OrchestrationMetadata> GetAllInstancesAsync(Port.OrchestrationQuery? filter = null)
    {
        filter ??= new Port.OrchestrationQuery();
        var query = new MsClient.OrchestrationQuery(
            filter.CreatedFrom,
            filter.CreatedTo,
            filter.Statuses?.Select(DurableMapping.ToAzure),
            InstanceIdPrefix: filter.InstanceIdPrefix,
            PageSize: filter.PageSize,
            FetchInputsAndOutputs: filter.FetchInputsAndOutputs);
        return new Port.AsyncPageable<Port.OrchestrationMetadata>(filter.ContinuationToken, async (token, cancellation) =>
        {
            var page = await inner.GetAllInstancesAsync(query).AsPages(token, filter.PageSize).FirstOrDefaultAsync(cancellation);
            var next = string.IsNullOrEmpty(page?.ContinuationToken) ? null : page.ContinuationToken;
            return new Port.Page<Port.OrchestrationMetadata>([.. page?.Values.Select(DurableMapping.ToPort) ?? []], next);
        });
    }

    public override async Task<Port.PurgeResult> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default) =>
        await GetInstanceAsync(instanceId, false, cancellation) is { IsCompleted: true }
            ? new Port.PurgeResult((await inner.PurgeInstanceAsync(instanceId, cancellation)).PurgedInstanceCount)
            : new Port.PurgeResult(0);

    public override async Task<Port.PurgeResult> PurgeAllInstancesAsync(
        Port.PurgeInstancesFilter filter, CancellationToken cancellation = default)
    {
        var ended = filter.Statuses ?? Enum.GetValues<Port.OrchestrationRuntimeStatus>();
        var terminal = ended.Where(Port.OrchestrationRuntimeStatusExtensions.IsTerminal).Select(DurableMapping.ToAzure).ToList();
        return terminal.Count == 0
            ? new Port.PurgeResult(0)
            : new Port.PurgeResult((await inner.PurgeAllInstancesAsync(
                new MsClient.PurgeInstancesFilter(filter.CreatedFrom, filter.CreatedTo, terminal), cancellation)).PurgedInstanceCount);
    }

    public override async Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        try
        {
            return await inner.RestartAsync(instanceId, restartWithNewInstanceId, cancellation);
        }
        catch (InvalidOperationException)
        {
            throw new Port.OrchestrationAlreadyExistsException(instanceId);
        }
    }

    public override Task RewindInstanceAsync(string instanceId, string reason, CancellationToken cancellation = default) =>
        inner.RewindInstanceAsync(instanceId, reason, cancellation);

    public override async Task<IReadOnlyList<Port.HistoryEvent>> GetOrchestrationHistoryAsync(
        string instanceId, CancellationToken cancellation = default)
    {
        try
        {
            var history = await inner.GetOrchestrationHistoryAsync(instanceId, cancellation);
            return [.. history.Select(HistoryMapping.ToPort).OfType<Port.HistoryEvent>()];
        }
        catch (ArgumentException)
        {
            // There is no such instance.
            return [];
        }
    }

    /// <summary>The host refuses what is sent to an unknown or ended instance; the port drops it.</summary>
    private async Task SendAsync(string instanceId, Func<Task> send, CancellationToken cancellation)
    {
        if (await GetInstanceAsync(instanceId, false, cancellation) is not { IsRunning: true })
        {
            return;
        }

        try
        {
            await send();
        }
        catch (RpcException)
        {
            // It may have ended since it was asked for.
            if (await GetInstanceAsync(instanceId, false, cancellation) is { IsRunning: true })
            {
                throw;
            }
        }
    }
}
