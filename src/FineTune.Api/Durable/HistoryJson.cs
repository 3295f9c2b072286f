using System.Text.Json.Nodes;
using FineTune.Workflows.Durable;

namespace FineTune.Api.Durable;

/// <summary>
/// History as the management API shows it: completions carry the name and time of what was scheduled, whose own events are then left
/// out, as is bookkeeping. Inputs are text as they were stored; results are JSON, and only when asked for. What activities and children
/// were given is not shown: the extension's store does not keep it in the history.
/// </summary>
internal static class HistoryJson
{
    /// <param name="isChild">Another instance started it; its generations are then not counted.</param>
    public static JsonArray Write(IReadOnlyList<HistoryEvent> history, bool isChild, bool showInput, bool showOutput)
    {
        var scheduled = history.Where(IsScheduling).ToDictionary(e => e.TaskId!.Value);
        var completed = history.Where(e => IsCompletion(e) && scheduled.ContainsKey(e.TaskId!.Value)).Select(e => e.TaskId!.Value).ToHashSet();
        var shown = new JsonArray();
        foreach (var e in history)
        {
            if (e.EventType != HistoryEventType.OrchestratorStarted && !(IsScheduling(e) && completed.Contains(e.TaskId!.Value)))
            {
                var json = Write(e, IsCompletion(e) ? scheduled.GetValueOrDefault(e.TaskId!.Value) : null, showInput, showOutput);
                if (e.EventType == HistoryEventType.ExecutionStarted && isChild)
                {
                    json["Generation"] = null;
                }

                shown.Add((JsonNode)json);
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
        var json = new JsonObject { ["EventType"] = e.EventType.ToString() };
        WriteOwn(json, e, scheduled, showInput, showOutput);
        json["Timestamp"] = e.Timestamp.UtcDateTime;
        if (scheduled is not null)
        {
            json["ScheduledTime"] = scheduled.Timestamp.ToUniversalTime();
            json["FunctionName"] = scheduled.Name;
            Set(json, "InstanceId", scheduled.InstanceId);
            Show(json, "Input", null, showInput);
        }
        else if (e.EventType == HistoryEventType.ExecutionStarted)
        {
            json["FunctionName"] = e.Name;
        }

        return json;
    }

    /// <summary>The fields of an event's own kind, in the order in which Durable Task's classes declare them.</summary>
    private static void WriteOwn(JsonObject json, HistoryEvent e, HistoryEvent? scheduled, bool showInput, bool showOutput)
    {
        switch (e.EventType)
        {
            case HistoryEventType.ExecutionStarted:
                Show(json, "Input", e.Input, showInput);
                json["Correlation"] = null;
                json["ParentTraceContext"] = null;
                json["ScheduledStartTime"] = null;
                json["Generation"] = 0;
                json["GenerateNewTrace"] = false;
                break;
            case HistoryEventType.ExecutionCompleted:
                json["OrchestrationStatus"] = e.OrchestrationStatus.ToString();
                Show(json, "Result", InstanceStatus.Parse(e.Result ?? e.FailureDetails?.ErrorMessage), showOutput);
                json["FailureDetails"] = Failure(e.FailureDetails);
                break;
            case HistoryEventType.TaskScheduled:
                json["Name"] = e.Name;
                Show(json, "Input", null, showInput);
                json["ParentTraceContext"] = null;
                json["Tags"] = new JsonObject();
                break;
            case HistoryEventType.SubOrchestrationInstanceCreated:
                json["Name"] = e.Name;
                json["InstanceId"] = e.InstanceId;
                Show(json, "Input", null, showInput);
                json["ClientSpanId"] = null;
                json["Tags"] = new JsonObject();
                break;
            case HistoryEventType.TaskFailed or HistoryEventType.SubOrchestrationInstanceFailed:
                json["Reason"] = e.EventType == HistoryEventType.TaskFailed && scheduled is not null
                    ? $"Function '{scheduled.Name}' failed with an unhandled exception."
                    : e.FailureDetails?.ErrorMessage ?? e.Reason;
                json["Details"] = null;
                json["FailureDetails"] = Failure(e.FailureDetails);
                break;
            case HistoryEventType.EventRaised:
                json["Name"] = e.Name;
                Show(json, "Input", e.Input, showInput);
                json["ParentTraceContext"] = null;
                break;
            case HistoryEventType.EventSent:
                json["InstanceId"] = e.InstanceId;
                json["Name"] = e.Name;
                Show(json, "Input", e.Input, showInput);
                break;
            case HistoryEventType.ExecutionTerminated:
                // A reason is text; the engine keeps it as JSON.
                Show(json, "Input", InstanceStatus.Parse(e.Input), showInput);
                break;
            case HistoryEventType.ExecutionSuspended or HistoryEventType.ExecutionResumed:
                json["Reason"] = e.Reason;
                break;
            default:
                Set(json, "FireAt", e.FireAt is { } fireAt ? JsonValue.Create(fireAt.UtcDateTime) : null);
                Show(json, "Result", InstanceStatus.Parse(e.Result), showOutput && IsCompletion(e));
                break;
        }
    }

    private static JsonObject? Failure(TaskFailureDetails? failure) => failure is null ? null : new JsonObject
    {
        ["ErrorType"] = failure.ErrorType,
        ["ErrorMessage"] = failure.ErrorMessage,
        ["StackTrace"] = failure.StackTrace,
        ["InnerFailure"] = Failure(failure.InnerFailure),
        ["IsNonRetriable"] = false,
        ["Properties"] = new JsonObject(),
    };

    /// <summary>A field that is there, if only as null, whenever its kind is shown.</summary>
    private static void Show(JsonObject json, string name, JsonNode? value, bool shown)
    {
        if (shown)
        {
            json[name] = value;
        }
    }

    private static void Set(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }
}
