using System.Text.Json;

namespace FineTune.Data.Sources.Delta;

/// <summary>Members of JSON that may be missing, null or of another type.</summary>
internal static class DeltaJson
{
    /// <summary>Undefined where there is none, or null.</summary>
    /// <exception cref="JsonException">A key isn't Unicode.</exception>
    public static JsonElement Member(JsonElement value, string name)
    {
        try
        {
            return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : default;
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("a key that isn't Unicode", broken);
        }
    }

    /// <summary>Null for anything but text.</summary>
    /// <exception cref="JsonException">The text isn't Unicode.</exception>
    public static string? Text(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.String } text ? Unicode(() => text.GetString()!) : null;

    /// <summary>JSON may escape halves of surrogate pairs, and its bytes may not be UTF-8: both show only when text is taken.</summary>
    /// <exception cref="JsonException">The text isn't Unicode.</exception>
    public static string Unicode(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("text that isn't Unicode", broken);
        }
    }

    public static long? Number(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var integer) ? integer : null;

    public static IEnumerable<string> Texts(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? Unicode(() => item.GetString()!) : item.GetRawText())
            : [];
}
