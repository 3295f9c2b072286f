using DurableTask.Core.History;
using CoreFailure = DurableTask.Core.FailureDetails;
using Port = FineTune.Workflows.Durable;
using PortType = FineTune.Workflows.Durable.HistoryEventType;

namespace FineTune.Functions.Durable;

/// <summary>Durable Task's history as the port's.</summary>
internal static class HistoryMapping
{
    /// <summary>Null for what the port does not show: ends of turns, rewinds, and markers of stores.</summary>
    /// <remarks>Timestamps are UTC; ids of actions and of their completions are Durable Task's own.</remarks>
    public static Port.HistoryEvent? ToPort(HistoryEvent e) => e switch
    {
        OrchestratorStartedEvent => new(PortType.OrchestratorStarted, e.Timestamp),
        ExecutionStartedEvent started => new(PortType.ExecutionStarted, e.Timestamp, Name: started.Name, Input: started.Input),

        // Before its base class, which is how an execution completes.
        ContinueAsNewEvent next => new(PortType.ContinueAsNew, e.Timestamp, Input: next.Result),
        ExecutionCompletedEvent ended => new(
            PortType.ExecutionCompleted,
            e.Timestamp,
            Result: ended.Result,
            OrchestrationStatus: Enum.Parse<Port.OrchestrationRuntimeStatus>(ended.OrchestrationStatus.ToString()),
            FailureDetails: ToPort(ended.FailureDetails)),
        ExecutionTerminatedEvent terminated => new(PortType.ExecutionTerminated, e.Timestamp, Input: terminated.Input),
        ExecutionSuspendedEvent suspended => new(PortType.ExecutionSuspended, e.Timestamp, Reason: suspended.Reason),
        ExecutionResumedEvent resumed => new(PortType.ExecutionResumed, e.Timestamp, Reason: resumed.Reason),
        TaskScheduledEvent scheduled => new(PortType.TaskScheduled, e.Timestamp, e.EventId, scheduled.Name, Input: scheduled.Input),
        TaskCompletedEvent completed => new(PortType.TaskCompleted, e.Timestamp, completed.TaskScheduledId, Result: completed.Result),
        TaskFailedEvent failed => new(
            PortType.TaskFailed, e.Timestamp, failed.TaskScheduledId, Reason: failed.Reason, FailureDetails: ToPort(failed.FailureDetails)),
        TimerCreatedEvent timer => new(PortType.TimerCreated, e.Timestamp, e.EventId, FireAt: timer.FireAt),
        TimerFiredEvent fired => new(PortType.TimerFired, e.Timestamp, fired.TimerId, FireAt: fired.FireAt),
        SubOrchestrationInstanceCreatedEvent child => new(
            PortType.SubOrchestrationInstanceCreated, e.Timestamp, e.EventId, child.Name, child.InstanceId, child.Input),
        SubOrchestrationInstanceCompletedEvent child => new(
            PortType.SubOrchestrationInstanceCompleted, e.Timestamp, child.TaskScheduledId, Result: child.Result),
        SubOrchestrationInstanceFailedEvent child => new(
            PortType.SubOrchestrationInstanceFailed,
            e.Timestamp,
            child.TaskScheduledId,
            Reason: child.Reason,
            FailureDetails: ToPort(child.FailureDetails)),
        EventSentEvent sent => new(PortType.EventSent, e.Timestamp, e.EventId, sent.Name, sent.InstanceId, sent.Input),
        EventRaisedEvent raised => new(PortType.EventRaised, e.Timestamp, Name: raised.Name, Input: raised.Input),
        _ => null,
    };

    private static Port.TaskFailureDetails? ToPort(CoreFailure? details) => details is null ? null : new(
        details.ErrorType, details.ErrorMessage, details.StackTrace, ToPort(details.InnerFailure));
}
