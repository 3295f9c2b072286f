using FineTune.Workflows.Durable;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Durable;

/// <summary>
/// One turn of one orchestrator: replays its committed history from the start, checks that the code does again what it did then,
/// then delivers the new messages.
/// </summary>
internal sealed partial class OrchestrationExecutor
{
    private readonly Turn turn;
    private readonly OrchestratorFunction? function;
    private readonly OrchestrationScheduler scheduler = new();
    private readonly EmbeddedOrchestrationContext context;
    private readonly List<HistoryEvent> heldBack = [];
    private Task<object?>? execution;
    private bool suspended;
    private string? reason;
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
                (suspended, reason) = (true, e.Reason);
                break;
            case HistoryEventType.ExecutionResumed:
                (suspended, reason) = (false, e.Reason);
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
}
