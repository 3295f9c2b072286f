using System.Text.Json.Nodes;
using FineTune.Workflows.Durable;

namespace FineTune.Api.Durable;

/// <summary>
/// History as the management API shows it: completions carry the name and time of what was scheduled, so scheduled events and
/// bookkeeping are left out. Results only when asked for, inputs likewise.
/// </summary>
internal static class HistoryJson
{
    public static JsonArray Write(IReadOnlyList<HistoryEvent> history, bool showInput, bool showOutput)
    {
        var scheduled = history.Where(IsScheduling).ToDictionary(e => e.TaskId!.Value);
        var shown = new JsonArray();
        foreach (var e in history.Where(e => e.EventType != HistoryEventType.OrchestratorStarted && !IsScheduling(e)))
        {
            shown.Add((JsonNode)Write(e, e.TaskId is { } id ? scheduled.GetValueOrDefault(id) : null, showInput, showOutput));
        }

        return shown;
    }

    private static bool IsScheduling(HistoryEvent e) =>
        e.EventType is HistoryEventType.TaskScheduled or HistoryEventType.SubOrchestrationInstanceCreated;

    private static JsonObject Write(HistoryEvent e, HistoryEvent? scheduled, bool showInput, bool showOutput)
    {
        var json = new JsonObject { ["EventType"] = e.EventType.ToString(), ["Timestamp"] = e.Timestamp.UtcDateTime };
        var isEvent = e.EventType is HistoryEventType.EventRaised or HistoryEventType.EventSent;
        Set(json, "ScheduledTime", scheduled is null ? null : JsonValue.Create(scheduled.Timestamp.UtcDateTime));
        Set(json, isEvent ? "Name" : "FunctionName", scheduled?.Name ?? e.Name);
        Set(json, "InstanceId", scheduled?.InstanceId ?? e.InstanceId);
        Set(json, "OrchestrationStatus", e.OrchestrationStatus?.ToString());
        Set(json, "FireAt", e.FireAt is { } fireAt ? JsonValue.Create(fireAt.UtcDateTime) : null);
        Set(json, "Reason", e.FailureDetails?.ErrorMessage ?? e.Reason);
        Set(json, "Input", showInput ? InstanceStatus.Parse(scheduled?.Input ?? e.Input) : null);
        Set(json, "Result", showOutput ? InstanceStatus.Parse(e.Result) : null);
        return json;
    }

    private static void Set(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }
}
