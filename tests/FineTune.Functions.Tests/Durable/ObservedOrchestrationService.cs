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
    private readonly Lock gate = new();
    private TaskCompletionSource quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? timer;
    private int turns;
    private long lastBusy;

    public new int MaxConcurrentTaskActivityWorkItems => maxConcurrentActivities;

    /// <summary>What happened in the instance's present generation; null when there is no such instance.</summary>
    public IReadOnlyList<HistoryEvent>? HistoryOf(string instanceId) => histories.GetValueOrDefault(instanceId);

    /// <summary>Until nobody has given the engine anything to do for a while.</summary>
    public Task WhenQuietAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return quiet.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Someone gave the engine something to do.</summary>
    public void Touch(int turnsBegun = 0)
    {
        lock (gate)
        {
            turns += turnsBegun;
            lastBusy = TimeProvider.System.GetTimestamp();
            quiet = quiet.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : quiet;
            timer ??= TimeProvider.System.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            timer.Change(Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    public new async Task<TaskOrchestrationWorkItem?> LockNextTaskOrchestrationWorkItemAsync(
        TimeSpan receiveTimeout, CancellationToken cancellationToken)
    {
        var item = await base.LockNextTaskOrchestrationWorkItemAsync(receiveTimeout, cancellationToken);
        if (item is not null)
        {
            Touch(turnsBegun: 1);
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
        Touch(turnsBegun: -1);
    }

    public new async Task CompleteTaskActivityWorkItemAsync(TaskActivityWorkItem workItem, TaskMessage responseMessage)
    {
        Touch();
        await base.CompleteTaskActivityWorkItemAsync(workItem, responseMessage);
    }

    /// <summary>The end of a turn sets the timer again, and so does whatever came between the timer and this.</summary>
    private void Look()
    {
        lock (gate)
        {
            var rest = Quiet - TimeProvider.System.GetElapsedTime(lastBusy);
            if (rest > TimeSpan.Zero)
            {
                timer!.Change(rest, Timeout.InfiniteTimeSpan);
            }
            else if (turns == 0)
            {
                quiet.TrySetResult();
            }
        }
    }
}
