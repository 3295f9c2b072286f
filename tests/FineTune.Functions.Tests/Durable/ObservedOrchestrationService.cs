using System.Collections.Concurrent;
using DurableTask.Core;
using DurableTask.Core.History;
using Microsoft.DurableTask.Testing.Sidecar;

namespace FineTune.Functions.Tests.Durable;

/// <summary>Durable Task's in-memory store, which tells what it has stored and when it was last busy.</summary>
internal sealed class ObservedOrchestrationService(int maxConcurrentActivities) : InMemoryOrchestrationService(null), IOrchestrationService
{
    /// <summary>Without a turn for so long, the engine has nothing to do: its queues are in memory and wake their readers.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentDictionary<string, IReadOnlyList<HistoryEvent>> histories = new();
    private int turns;
    private long lastBusy = TimeProvider.System.GetTimestamp();

    public new int MaxConcurrentTaskActivityWorkItems => maxConcurrentActivities;

    private bool IsQuiet => Volatile.Read(ref turns) == 0 && TimeProvider.System.GetElapsedTime(Volatile.Read(ref lastBusy)) > Quiet;

    /// <summary>What happened in the instance's present generation; null when there is no such instance.</summary>
    public IReadOnlyList<HistoryEvent>? HistoryOf(string instanceId) => histories.GetValueOrDefault(instanceId);

    public async Task WhenQuietAsync(CancellationToken cancellationToken)
    {
        while (!IsQuiet)
        {
            await Task.Delay(Quiet / 5, cancellationToken);
        }
    }

    /// <summary>Someone outside the engine gave it something to do.</summary>
    public void Touch() => Volatile.Write(ref lastBusy, TimeProvider.System.GetTimestamp());

    public new async Task<TaskOrchestrationWorkItem?> LockNextTaskOrchestrationWorkItemAsync(
        TimeSpan receiveTimeout, CancellationToken cancellationToken)
    {
        var item = await base.LockNextTaskOrchestrationWorkItemAsync(receiveTimeout, cancellationToken);
        if (item is not null)
        {
            Touch();
            Interlocked.Increment(ref turns);
        }

        return item;
    }

    public new async Task CompleteTaskOrchestrationWorkItemAsync(
        TaskOrchestrationWorkItem workItem,
        OrchestrationRuntimeState newOrchestrationRuntimeState,
        IList<TaskMessage> outboundMessages,
        IList<TaskMessage> orchestratorMessages,
        IList<TaskMessage> timerMessages,
        TaskMessage continuedAsNewMessage,
        OrchestrationState orchestrationState)
    {
        histories[workItem.InstanceId] = [.. newOrchestrationRuntimeState.Events];
        await base.CompleteTaskOrchestrationWorkItemAsync(
            workItem, newOrchestrationRuntimeState, outboundMessages, orchestratorMessages, timerMessages, continuedAsNewMessage, orchestrationState);
    }

    public new async Task ReleaseTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem)
    {
        await base.ReleaseTaskOrchestrationWorkItemAsync(workItem);
        Touch();
        Interlocked.Decrement(ref turns);
    }

    public new async Task CompleteTaskActivityWorkItemAsync(TaskActivityWorkItem workItem, TaskMessage responseMessage)
    {
        Touch();
        await base.CompleteTaskActivityWorkItemAsync(workItem, responseMessage);
    }
}
