using FineTune.LocalHost.Durable;
using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.Testing.Durable.Golden;

/// <summary>
/// Takes every turn of a recorded instance again with today's code, as if the process had ended before that turn: whatever moment an
/// instance of that version is in when new code is deployed, it goes on as it would have.
/// </summary>
public static class HistoryReplay
{
    /// <summary>How today's code departs from the recording, or null when it does not.</summary>
    public static string? Difference(RecordedInstance recorded, DurableTaskRegistry registry)
    {
        var starts = recorded.History.Index().Where(e => e.Item.EventType == HistoryEventType.OrchestratorStarted).Select(e => e.Index).ToList();
        return starts
            .Zip(starts.Skip(1).Append(recorded.History.Count), (start, end) => Difference(recorded, registry, start, end))
            .FirstOrDefault(difference => difference is not null);
    }

    /// <summary>Replays the whole history of an instance that has not ended, in one go.</summary>
    public static void Run(RecordedInstance recorded, DurableTaskRegistry registry)
    {
        var turn = new Turn(Record(recorded), recorded.History, []);
        var result = OrchestrationExecutor.Run(
            turn, registry.Orchestrators[recorded.Name], recorded.History[^1].Timestamp, NullLoggerFactory.Instance);
        if (result.Failure is { } failure)
        {
            throw new InvalidOperationException(failure.ErrorMessage);
        }
    }

    private static string? Difference(RecordedInstance recorded, DurableTaskRegistry registry, int start, int end)
    {
        var events = recorded.History.Take(end).Skip(start + 1).ToList();
        var messages = events.Where(IsMessage).Select((message, i) => new Message(i, null, message)).ToList();
        var turn = new Turn(Record(recorded), [.. recorded.History.Take(start)], messages);
        var result = OrchestrationExecutor.Run(
            turn, registry.Orchestrators.GetValueOrDefault(recorded.Name), recorded.History[start].Timestamp, NullLoggerFactory.Instance);
        var (then, now) = (Describe(events), Describe(result.NewEvents.Skip(1)));
        return then == now ? null : $"{recorded.InstanceId}, event {start}: was [{then}], is [{now}] {result.Failure?.ErrorMessage}".TrimEnd();
    }

    private static bool IsMessage(HistoryEvent e) => e.EventType is not (HistoryEventType.TaskScheduled or HistoryEventType.TimerCreated
        or HistoryEventType.SubOrchestrationInstanceCreated or HistoryEventType.EventSent or HistoryEventType.ExecutionCompleted
        or HistoryEventType.ContinueAsNew);

    /// <summary>What must be the same; inputs and results may gain fields.</summary>
    private static string Describe(IEnumerable<HistoryEvent> events) =>
        string.Join("; ", events.Select(e => $"{e.EventType} {e.TaskId} {e.Name} {e.InstanceId} {e.FireAt:O} {e.OrchestrationStatus}".TrimEnd()));

    private static InstanceRecord Record(RecordedInstance recorded) => new(
        0,
        recorded.InstanceId,
        "",
        recorded.Name,
        recorded.Version,
        OrchestrationRuntimeStatus.Running,
        default,
        default,
        recorded.Input,
        null,
        null,
        null,
        recorded.Parent is { } parent ? new ParentRecord(parent.Name, parent.InstanceId, "", 0) : null);
}
