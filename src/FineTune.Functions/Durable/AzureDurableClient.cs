using DurableTask.Core.Exceptions;
using Ms = Microsoft.DurableTask;
using MsClient = Microsoft.DurableTask.Client;
using Port = FineTune.Workflows.Durable;

namespace FineTune.Functions.Durable;

/// <summary>The port's client on the one the host binds.</summary>
public sealed class AzureDurableClient(MsClient.DurableTaskClient inner) : Port.DurableTaskClient
{
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName,
        object? input = null,
        Port.StartOrchestrationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var start = new Ms.StartOrchestrationOptions(options?.InstanceId, options?.StartAt)
        {
            Version = options?.Version is { } version ? new Ms.TaskVersion(version) : null,
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

    /// <summary>The host answers an event for an unknown or ended instance with an error; the port drops it.</summary>
    public override async Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        if (await GetInstanceAsync(instanceId, false, cancellation) is { IsRunning: true })
        {
            await inner.RaiseEventAsync(instanceId, eventName, eventPayload, cancellation);
        }
    }

    public override async Task<Port.OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await inner.GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) is { } found ? DurableMapping.ToPort(found) : null;

    public override async Task<Port.OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        DurableMapping.ToPort(await inner.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs, cancellation));

    public override Task TerminateInstanceAsync(string instanceId, object? output = null, CancellationToken cancellation = default) =>
        inner.TerminateInstanceAsync(instanceId, output, cancellation);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        inner.SuspendInstanceAsync(instanceId, reason, cancellation);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        inner.ResumeInstanceAsync(instanceId, reason, cancellation);

    /// <remarks>The host pages in storage order, so all pages are read before the newest is known.</remarks>
    public override async IAsyncEnumerable<Port.OrchestrationMetadata> GetAllInstancesAsync(Port.OrchestrationQuery? filter = null)
    {
        var query = new MsClient.OrchestrationQuery(
            filter?.CreatedFrom,
            filter?.CreatedTo,
            filter?.Statuses?.Select(DurableMapping.ToAzure),
            InstanceIdPrefix: filter?.InstanceIdPrefix,
            FetchInputsAndOutputs: filter?.FetchInputsAndOutputs ?? false);
        var instances = new List<Port.OrchestrationMetadata>();
        await foreach (var instance in inner.GetAllInstancesAsync(query))
        {
            instances.Add(DurableMapping.ToPort(instance));
        }

        foreach (var instance in instances.OrderByDescending(instance => instance.CreatedAt))
        {
            yield return instance;
        }
    }

    public override async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default) =>
        await GetInstanceAsync(instanceId, false, cancellation) is { IsCompleted: true }
        && (await inner.PurgeInstanceAsync(instanceId, cancellation)).PurgedInstanceCount > 0;
}
