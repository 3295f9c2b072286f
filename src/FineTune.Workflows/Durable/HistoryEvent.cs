using System.Text.Json.Serialization;

namespace FineTune.Workflows.Durable;

/// <summary>Kinds of history events; names are Durable Task's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HistoryEventType>))]
public enum HistoryEventType
{
    OrchestratorStarted,
    ExecutionStarted,
    ExecutionCompleted,
    ExecutionTerminated,
    ExecutionSuspended,
    ExecutionResumed,
    ContinueAsNew,
    TaskScheduled,
    TaskCompleted,
    TaskFailed,
    TimerCreated,
    TimerFired,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    EventSent,
    EventRaised,
}

/// <summary>One thing that happened to an instance. Fields that an event type does not use are null.</summary>
/// <param name="TaskId">Number of the action within the orchestrator; a completion carries the number of its action.</param>
/// <param name="Name">Of the function or event.</param>
/// <param name="InstanceId">Of the child or of the receiver of an event.</param>
/// <param name="Input">JSON: input of a function, payload of an event.</param>
/// <param name="Result">JSON: what a function answered.</param>
/// <param name="OrchestrationStatus">How the execution ended.</param>
public sealed record HistoryEvent(
    HistoryEventType EventType,
    DateTimeOffset Timestamp,
    int? TaskId = null,
    string? Name = null,
    string? InstanceId = null,
    string? Input = null,
    string? Result = null,
    string? Reason = null,
    DateTimeOffset? FireAt = null,
    OrchestrationRuntimeStatus? OrchestrationStatus = null,
    TaskFailureDetails? FailureDetails = null);
