using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable;

/// <summary>What tells an orchestrator that does not do again what it did.</summary>
internal sealed partial class OrchestrationExecutor
{
    private static bool IsAction(HistoryEvent e) => e.EventType is HistoryEventType.TaskScheduled or HistoryEventType.TimerCreated
        or HistoryEventType.SubOrchestrationInstanceCreated or HistoryEventType.EventSent;

    private void Match(HistoryEvent recorded, int index)
    {
        context.Actions.TryDequeue(out var scheduled);
        if (scheduled is null || Key(scheduled) != Key(recorded))
        {
            throw Different($"history event {index} is {Describe(recorded)}, but the code scheduled {Describe(scheduled)}");
        }

        static (HistoryEventType, int?, string?, string?) Key(HistoryEvent e) => (e.EventType, e.TaskId, e.Name, e.InstanceId);
    }

    private void EnsureNothingNew(int index)
    {
        if (context.Actions.TryPeek(out var extra))
        {
            throw Different($"before history event {index} the code scheduled {Describe(extra)}, which history does not have");
        }

        if (Ended)
        {
            throw Different($"the code ended before history event {index}, where history goes on");
        }
    }

    private void EnsureDurableAwait()
    {
        if (context.CancelledElsewhere)
        {
            throw new NonDeterministicOrchestrationException(
                $"Orchestrator '{turn.Instance.Name}' (instance '{turn.Instance.Id}') cancelled a timer or wait on another thread: "
                + "use Cancel(), not CancelAsync().");
        }

        if (scheduler.ForeignPost || (execution is { IsCompleted: false } && termination is null && !context.AwaitsSomething))
        {
            throw new NonDeterministicOrchestrationException(
                $"Orchestrator '{turn.Instance.Name}' (instance '{turn.Instance.Id}') awaits a task that is not durable: "
                + "await only tasks of its context; I/O, delays and threads belong in activities.");
        }
    }

    private NonDeterministicOrchestrationException Different(string how) => new(
        $"Orchestrator '{turn.Instance.Name}' (instance '{turn.Instance.Id}') is not deterministic: {how}. "
        + "Code of running instances must not change; branch on the version.");

    private static string Describe(HistoryEvent? action) => action is null
        ? "nothing"
        : $"{action.EventType} #{action.TaskId}" + (action.Name is null ? "" : $" '{action.Name}'")
            + (action.InstanceId is null ? "" : $" for instance '{action.InstanceId}'");
}
