using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Looks into values that may be anything.</summary>
internal static class JsonObjects
{
    /// <summary>Undefined when <paramref name="value"/> is no object or lacks it.</summary>
    public static JsonElement Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : default;

    /// <inheritdoc cref="Member(JsonElement, string)"/>
    public static JsonElement Member(JsonElement value, ReadOnlySpan<byte> utf8Name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(utf8Name, out var member) ? member : default;

    public static bool HasItems(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };

    /// <summary>The definition itself, whether wrapped as in <c>tools</c> or bare as in <c>functions</c>.</summary>
    public static JsonElement FunctionOf(JsonElement tool) =>
        Member(tool, "function") is { ValueKind: JsonValueKind.Object } function ? function : tool;

    /// <summary>Whether <paramref name="value"/> is a string that holds a JSON object, as OpenAI writes arguments, or the object itself.</summary>
    public static bool IsObjectInString(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return value.ValueKind == JsonValueKind.Object;
        }

        if (!JsonText.HasText(value))
        {
            return false;
        }

        try
        {
            using var inner = JsonDocument.Parse(value.GetString()!);
            return inner.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
