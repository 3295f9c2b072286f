using System.Text.Json.Nodes;
using FineTune.Workflows.Durable;

namespace FineTune.Api.Durable;

/// <summary>
/// History as the management API shows it: completions carry the name and time of what was scheduled, whose own events are then left
/// out, as is bookkeeping. Inputs are text as they were stored; results are JSON, and only when asked for.
/// </summary>
internal static class HistoryJson
{
    public static JsonArray Write(IReadOnlyList<HistoryEvent> history, bool showInput, bool showOutput)
    {
        var scheduled = history.Where(IsScheduling).ToDictionary(e => e.TaskId!.Value);
        var completed = history.Where(e => IsCompletion(e) && scheduled.ContainsKey(e.TaskId!.Value)).Select(e => e.TaskId!.Value).ToHashSet();
        var shown = new JsonArray();
        foreach (var e in history)
        {
            if (e.EventType != HistoryEventType.OrchestratorStarted && !(IsScheduling(e) && completed.Contains(e.TaskId!.Value)))
            {
                shown.Add((JsonNode)Write(e, IsCompletion(e) ? scheduled.GetValueOrDefault(e.TaskId!.Value) : null, showInput, showOutput));
            }
        }

        return shown;
    }

    private static bool IsScheduling(HistoryEvent e) =>
        e.EventType is HistoryEventType.TaskScheduled or HistoryEventType.SubOrchestrationInstanceCreated;

    private static bool IsCompletion(HistoryEvent e) => e.EventType is HistoryEventType.TaskCompleted or HistoryEventType.TaskFailed
        or HistoryEventType.SubOrchestrationInstanceCompleted or HistoryEventType.SubOrchestrationInstanceFailed;

    private static JsonObject Write(HistoryEvent e, HistoryEvent? scheduled, bool showInput, bool showOutput)
    {
        // Each kind's own fields, the time, then what is folded in, as Durable Task's classes declare them.
        var json = new JsonObject { ["EventType"] = e.EventType.ToString() };
        var isEnd = e.EventType == HistoryEventType.ExecutionCompleted;
        Set(json, "OrchestrationStatus", e.OrchestrationStatus?.ToString());
        Set(json, "Name", e.EventType == HistoryEventType.ExecutionStarted ? null : e.Name);
        Set(json, "InstanceId", e.InstanceId);
        Set(json, "Input", showInput ? e.Input : null);
        Set(json, "FireAt", e.FireAt is { } fireAt ? JsonValue.Create(fireAt.UtcDateTime) : null);
        Set(json, "Reason", isEnd ? null : e.FailureDetails?.ErrorMessage ?? e.Reason);
        Set(json, "Result", showOutput ? InstanceStatus.Parse(e.Result) : null);
        if (isEnd || e.FailureDetails is not null)
        {
            json["FailureDetails"] = Failure(e.FailureDetails);
        }

        json["Timestamp"] = e.Timestamp.UtcDateTime;
        Set(json, "ScheduledTime", scheduled is null ? null : JsonValue.Create(scheduled.Timestamp.UtcDateTime));
        Set(json, "FunctionName", scheduled?.Name ?? (e.EventType == HistoryEventType.ExecutionStarted ? e.Name : null));
        Set(json, "Input", showInput ? scheduled?.Input : null);
        return json;
    }

    private static JsonObject? Failure(TaskFailureDetails? failure) => failure is null ? null : new JsonObject
    {
        ["ErrorType"] = failure.ErrorType,
        ["ErrorMessage"] = failure.ErrorMessage,
        ["StackTrace"] = failure.StackTrace,
        ["InnerFailure"] = Failure(failure.InnerFailure),
    };

    private static void Set(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }
}
