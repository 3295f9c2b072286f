using FineTune.Core.Json;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable.Store;

internal sealed partial class DurableStore
{
    /// <summary>Messages of one turn; the rest waits for the next, so that memory is bounded.</summary>
    private const int MessagesPerTurn = 1000;

    /// <summary>Instances with messages that are due, longest waiting first.</summary>
    public IReadOnlyList<string> Ready(int limit) => database.Read(() => database.Rows(
        row => row.GetString(0),
        "SELECT instance_id FROM inbox WHERE due <= @0 ORDER BY due, seq LIMIT @1",
        clock.GetUtcNow().UtcTicks,
        limit).Distinct().ToList());

    /// <summary>When the next message is due, or null when there is none.</summary>
    public DateTimeOffset? NextDue() =>
        database.Read(() => database.Scalar("SELECT min(due) FROM inbox")) is long ticks ? Rows.Time(ticks) : null;

    /// <summary>Null when the instance has nothing to do any more.</summary>
    public Turn? LoadTurn(string instanceId) => database.Read(() =>
    {
        var messages = database.Rows(
            row => new Message(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetString(1), Rows.ReadEvent(row.GetString(2))),
            "SELECT seq, execution, event FROM inbox WHERE instance_id = @0 AND due <= @1 ORDER BY carried DESC, due, seq LIMIT @2",
            instanceId,
            clock.GetUtcNow().UtcTicks,
            MessagesPerTurn);
        return messages.Count > 0 && Single(instanceId) is { } instance ? new Turn(instance, Events(instanceId), messages) : null;
    });

    /// <summary>Writes turns of different instances and all their consequences in one transaction.</summary>
    public void Commit(IReadOnlyList<(Turn Turn, TurnResult Result)> turns) => database.Write(() =>
    {
        foreach (var (turn, result) in turns)
        {
            Write(turn, result);
        }

        return turns.Count;
    });

    private void Write(Turn turn, TurnResult result)
    {
        var instance = turn.Instance;
        foreach (var sequence in result.Consumed)
        {
            database.Execute("DELETE FROM inbox WHERE seq = @0", sequence);
        }

        foreach (var timer in result.CancelledTimers)
        {
            database.Execute("DELETE FROM inbox WHERE instance_id = @0 AND timer = @1", instance.Id, timer);
        }

        Append(instance.Id, turn.History.Count, result.NewEvents);
        foreach (var action in result.NewEvents)
        {
            CarryOut(instance, action, result);
        }

        if (result.Continuation is { } next)
        {
            ContinueAsNew(instance, result, next);
        }
        else
        {
            Update(instance, result, instance.Execution, instance.Input);
        }

        if (result.Status.IsTerminal())
        {
            End(instance, result);
        }
    }

    private void Append(string instanceId, int position, IReadOnlyList<HistoryEvent> events)
    {
        foreach (var e in events)
        {
            database.Execute("INSERT INTO history (instance_id, position, event) VALUES (@0, @1, @2)", instanceId, position++, Rows.Write(e));
        }
    }

    private void CarryOut(InstanceRecord instance, HistoryEvent action, TurnResult result)
    {
        var now = action.Timestamp;
        switch (action.EventType)
        {
            case HistoryEventType.TaskScheduled:
                database.Execute(
                    "INSERT INTO activities (instance_id, execution, task, name, input) VALUES (@0, @1, @2, @3, @4)",
                    instance.Id,
                    instance.Execution,
                    action.TaskId,
                    action.Name,
                    action.Input);
                break;
            case HistoryEventType.TimerCreated when !result.CancelledTimers.Contains(action.TaskId!.Value):
                var fired = new HistoryEvent(HistoryEventType.TimerFired, now, action.TaskId, FireAt: action.FireAt);
                Deliver(instance.Id, fired, instance.Execution, action.FireAt, timer: action.TaskId);
                break;
            case HistoryEventType.EventSent:
                Deliver(action.InstanceId!, new HistoryEvent(HistoryEventType.EventRaised, now, Name: action.Name, Input: action.Input));
                break;
            case HistoryEventType.SubOrchestrationInstanceCreated:
                StartChild(instance, action);
                break;
        }
    }

    private void StartChild(InstanceRecord instance, HistoryEvent action)
    {
        var parent = new ParentRecord(instance.Name, instance.Id, instance.Execution, action.TaskId!.Value);
        var child = new NewInstance(action.InstanceId!, action.Name!, options.DefaultVersion, action.Input, clock.GetUtcNow(), parent);
        if (!Create(child))
        {
            var exists = TaskFailureDetails.FromException(new OrchestrationAlreadyExistsException(child.Id));
            Deliver(
                instance.Id,
                new HistoryEvent(HistoryEventType.SubOrchestrationInstanceFailed, action.Timestamp, action.TaskId, FailureDetails: exists),
                instance.Execution);
        }
    }

    private void Update(InstanceRecord instance, TurnResult result, string execution, string? input) => database.Execute(
        "UPDATE instances SET status = @1, updated = @2, output = @3, custom_status = @4, failure = @5, execution = @6, input = @7 WHERE id = @0",
        instance.Id,
        (int)result.Status,
        clock.GetUtcNow().UtcTicks,
        result.Output,
        result.CustomStatus,
        result.Failure is null ? null : WireJson.Serialize(result.Failure),
        execution,
        input);

    private void ContinueAsNew(InstanceRecord instance, TurnResult result, Continuation next)
    {
        var execution = Guid.NewGuid().ToString("N");
        database.Execute("DELETE FROM history WHERE instance_id = @0", instance.Id);
        database.Execute("DELETE FROM inbox WHERE instance_id = @0 AND execution IS NOT NULL", instance.Id);
        Update(instance, result, execution, next.Input);

        // Carried messages come before any that arrived in the meantime.
        var now = clock.GetUtcNow();
        var start = new HistoryEvent(HistoryEventType.ExecutionStarted, now, Name: instance.Name, Input: next.Input);
        Deliver(instance.Id, start, execution, carried: true);
        foreach (var (name, payload) in next.Events)
        {
            Deliver(instance.Id, new HistoryEvent(HistoryEventType.EventRaised, now, Name: name, Input: payload), carried: true);
        }
    }

    private void End(InstanceRecord instance, TurnResult result)
    {
        database.Execute("DELETE FROM inbox WHERE instance_id = @0", instance.Id);
        var now = clock.GetUtcNow();
        if (result.Status == OrchestrationRuntimeStatus.Terminated)
        {
            database.Execute("DELETE FROM activities WHERE instance_id = @0", instance.Id);
            foreach (var child in database.Rows(
                row => row.GetString(0), $"SELECT id FROM instances WHERE parent_id = @0 AND {Live}", instance.Id))
            {
                Deliver(child, new HistoryEvent(HistoryEventType.ExecutionTerminated, now, Input: result.Output));
            }
        }

        if (instance.Parent is { } parent)
        {
            Deliver(parent.Id, Report(parent, result, now), parent.Execution);
        }
    }

    private static HistoryEvent Report(ParentRecord parent, TurnResult result, DateTimeOffset now)
    {
        if (result.Status == OrchestrationRuntimeStatus.Completed)
        {
            return new HistoryEvent(HistoryEventType.SubOrchestrationInstanceCompleted, now, parent.TaskId, Result: result.Output);
        }

        var failure = result.Failure ?? new TaskFailureDetails("OrchestrationTerminated", $"The orchestration was terminated: {result.Output ?? "no reason"}");
        return new HistoryEvent(HistoryEventType.SubOrchestrationInstanceFailed, now, parent.TaskId, FailureDetails: failure);
    }
}
