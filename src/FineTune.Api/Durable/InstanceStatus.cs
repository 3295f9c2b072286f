using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FineTune.Workflows.Durable;

namespace FineTune.Api.Durable;

/// <summary>Status of an instance as Azure Durable Functions writes it: order, casing and whole-second times are part of the contract.</summary>
internal sealed record InstanceStatus(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("version"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Version,
    [property: JsonPropertyName("instanceId")] string InstanceId,
    [property: JsonPropertyName("parentInstanceId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ParentInstanceId,
    [property: JsonPropertyName("runtimeStatus")] string RuntimeStatus,
    [property: JsonPropertyName("input")] JsonNode? Input,
    [property: JsonPropertyName("customStatus")] JsonNode? CustomStatus,
    [property: JsonPropertyName("output")] JsonNode? Output,
    [property: JsonPropertyName("createdTime")] string CreatedTime,
    [property: JsonPropertyName("lastUpdatedTime")] string LastUpdatedTime,
    [property: JsonPropertyName("historyEvents"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonArray? HistoryEvents)
{
    public static InstanceStatus From(OrchestrationMetadata instance, bool showInput, JsonArray? history = null) => new(
        instance.Name,
        string.IsNullOrEmpty(instance.Version) ? null : instance.Version,
        instance.InstanceId,
        instance.ParentInstanceId,
        instance.RuntimeStatus.ToString(),
        showInput ? Parse(instance.SerializedInput) : null,
        Parse(instance.SerializedCustomStatus),
        instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed && instance.FailureDetails is { } failure
            ? JsonValue.Create($"{failure.ErrorType}: {failure.ErrorMessage}")
            : Parse(instance.SerializedOutput),
        Time(instance.CreatedAt),
        Time(instance.LastUpdatedAt),
        history);

    /// <summary>Whole seconds of UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("s", CultureInfo.InvariantCulture) + "Z";

    /// <summary>Text that is not JSON becomes a JSON string, blank text an empty one.</summary>
    public static JsonNode? Parse(string? json)
    {
        try
        {
            return json is null ? null : string.IsNullOrWhiteSpace(json) ? JsonValue.Create("") : JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return JsonValue.Create(json);
        }
    }
}
