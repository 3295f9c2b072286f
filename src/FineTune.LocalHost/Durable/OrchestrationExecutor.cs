using FineTune.Workflows.Durable;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Durable;

/// <summary>
/// One turn of one orchestrator: replays its committed history from the start, checks that the code does again what it did then,
/// then delivers the new messages.
/// </summary>
internal sealed class OrchestrationExecutor
{
    private readonly Turn turn;
    private readonly OrchestratorFunction? function;
    private readonly OrchestrationScheduler scheduler = new();
    private readonly EmbeddedOrchestrationContext context;
    private readonly List<HistoryEvent> heldBack = [];
    private Task<object?>? execution;
    private bool suspended;
    private HistoryEvent? termination;

    private OrchestrationExecutor(Turn turn, OrchestratorFunction? function, ILoggerFactory loggers)
    {
        this.turn = turn;
        this.function = function;
        context = new EmbeddedOrchestrationContext(turn.Instance, scheduler, loggers);
    }

    private bool Ended => termination is not null || execution is { IsCompleted: true };

    /// <summary>Runs the turn; never throws for what the orchestrator does.</summary>
    public static TurnResult Run(Turn turn, OrchestratorFunction? function, DateTimeOffset now, ILoggerFactory loggers) =>
        new OrchestrationExecutor(turn, function, loggers).Run(now);

    private TurnResult Run(DateTimeOffset now)
    {
        List<HistoryEvent> events = [new(HistoryEventType.OrchestratorStarted, now)];
        List<long> consumed = [];
        try
        {
            Replay();
            Apply(events[0]);
            foreach (var message in turn.Messages)
            {
                consumed.Add(message.Sequence);
                if (message.Execution is not null && message.Execution != turn.Instance.Execution)
                {
                    continue;
                }

                var arrived = message.Event with { Timestamp = now };
                events.Add(arrived);
                Apply(arrived);
                if (Ended)
                {
                    break;
                }
            }

            EnsureDurableAwait();
        }
        catch (NonDeterministicOrchestrationException broken)
        {
            // What the code scheduled is not to be trusted: none of it happens.
            return Failed(events, consumed, TaskFailureDetails.FromException(broken), now);
        }

        if (termination is null)
        {
            events.AddRange(context.Actions);
        }

        return Result(events, consumed, now);
    }

    private void Replay()
    {
        for (var i = 0; i < turn.History.Count; i++)
        {
            var recorded = turn.History[i];
            if (recorded.EventType == HistoryEventType.OrchestratorStarted)
            {
                EnsureNothingNew(i);
            }

            if (IsAction(recorded))
            {
                Match(recorded, i);
            }
            else
            {
                Apply(recorded);
            }
        }

        EnsureNothingNew(turn.History.Count);
        context.EndReplay();
        context.CancelledTimers.Clear();
    }

    private void Apply(HistoryEvent e)
    {
        switch (e.EventType)
        {
            case HistoryEventType.OrchestratorStarted:
                context.Now = e.Timestamp;
                break;
            case HistoryEventType.ExecutionTerminated:
                termination = e;
                break;
            case HistoryEventType.ExecutionSuspended:
                suspended = true;
                break;
            case HistoryEventType.ExecutionResumed:
                suspended = false;
                foreach (var held in heldBack)
                {
                    Deliver(held);
                }

                heldBack.Clear();
                break;
            case var _ when suspended:
                heldBack.Add(e);
                break;
            default:
                Deliver(e);
                break;
        }
    }

    private void Deliver(HistoryEvent e) => scheduler.Run(() =>
    {
        switch (e.EventType)
        {
            case HistoryEventType.ExecutionStarted:
                execution = StartAsync();
                break;
            case HistoryEventType.EventRaised:
                context.Events.Raise(e.Name!, e.Input);
                break;
            default:
                context.Complete(e);
                break;
        }
    });

    // Asynchronous, so that what an orchestrator throws before its first await is in the task too.
    private async Task<object?> StartAsync() => function is null
        ? throw new InvalidOperationException($"No orchestrator is named '{turn.Instance.Name}'.")
        : await function(context);

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

    private TurnResult Result(List<HistoryEvent> events, List<long> consumed, DateTimeOffset now)
    {
        if (termination is not null)
        {
            return End(events, consumed, now, OrchestrationRuntimeStatus.Terminated, output: termination.Input);
        }

        if (execution is not { IsCompleted: true })
        {
            var status = suspended ? OrchestrationRuntimeStatus.Suspended
                : execution is null ? OrchestrationRuntimeStatus.Pending : OrchestrationRuntimeStatus.Running;
            return new TurnResult(consumed, events, context.CancelledTimers, status, context.CustomStatus);
        }

        if (execution.Exception?.InnerException is { } thrown)
        {
            return Failed(events, consumed, TaskFailureDetails.FromException(thrown), now);
        }

        if (execution.IsCanceled)
        {
            return Failed(events, consumed, TaskFailureDetails.FromException(new TaskCanceledException(execution)), now);
        }

        if (context.Continuation is { } next)
        {
            events.Add(new HistoryEvent(HistoryEventType.ContinueAsNew, now, Input: next.Input));
            return new TurnResult(
                consumed, events, context.CancelledTimers, OrchestrationRuntimeStatus.Running, context.CustomStatus,
                Continuation: new Continuation(next.Input, next.PreserveEvents ? context.Events.Unprocessed : []));
        }

        return Complete(events, consumed, now);
    }

    private TurnResult Complete(List<HistoryEvent> events, List<long> consumed, DateTimeOffset now)
    {
        try
        {
            var output = Payload.Write(execution!.Result);
            return End(events, consumed, now, OrchestrationRuntimeStatus.Completed, output);
        }
        catch (Exception unwritable) when (unwritable is NotSupportedException or System.Text.Json.JsonException)
        {
            return Failed(events, consumed, TaskFailureDetails.FromException(unwritable), now);
        }
    }

    private TurnResult Failed(List<HistoryEvent> events, List<long> consumed, TaskFailureDetails failure, DateTimeOffset now) =>
        End(events, consumed, now, OrchestrationRuntimeStatus.Failed, failure: failure);

    private TurnResult End(
        List<HistoryEvent> events,
        List<long> consumed,
        DateTimeOffset now,
        OrchestrationRuntimeStatus status,
        string? output = null,
        TaskFailureDetails? failure = null)
    {
        events.Add(new HistoryEvent(HistoryEventType.ExecutionCompleted, now)
        {
            OrchestrationStatus = status,
            Result = output,
            FailureDetails = failure,
        });
        return new TurnResult(consumed, events, context.CancelledTimers, status, context.CustomStatus, output, failure);
    }
}
