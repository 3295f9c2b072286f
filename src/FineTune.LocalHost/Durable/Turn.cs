using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable;

/// <summary>What an orchestrator has to work on: its committed history and the messages that came since.</summary>
internal sealed record Turn(InstanceRecord Instance, IReadOnlyList<HistoryEvent> History, IReadOnlyList<Message> Messages);

/// <param name="Sequence">Identifies the message within the store.</param>
/// <param name="Execution">The generation it is meant for; null for any.</param>
internal sealed record Message(long Sequence, string? Execution, HistoryEvent Event);

/// <summary>Everything that one transaction writes for a turn.</summary>
/// <param name="Consumed">Sequences of the messages the turn has dealt with.</param>
/// <param name="NewEvents">Appended to history; scheduled ones are also carried out.</param>
/// <param name="CancelledTimers">Timers that must not fire any more.</param>
internal sealed record TurnResult(
    IReadOnlyList<long> Consumed,
    IReadOnlyList<HistoryEvent> NewEvents,
    IReadOnlyCollection<int> CancelledTimers,
    OrchestrationRuntimeStatus Status,
    string? CustomStatus,
    string? Output = null,
    TaskFailureDetails? Failure = null,
    Continuation? Continuation = null);

/// <summary>The next generation of an instance that continued as new.</summary>
internal sealed record Continuation(string? Input, IReadOnlyList<(string Name, string? Payload)> Events);
