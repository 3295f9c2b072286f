using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>A message that was checked, still as JSON; values are undefined where it has none.</summary>
/// <param name="role">Null when the message was reported.</param>
/// <param name="trained">Whether an assistant's message is trained on.</param>
internal sealed class ParsedMessage(ChatRole? role, bool trained)
{
    private byte[]? text;

    public ChatRole? Role => role;

    public bool Trained => trained;

    public JsonElement RoleName { get; init; }

    public JsonElement Content { get; init; }

    public JsonElement Weight { get; init; }

    public JsonElement ToolCalls { get; init; }

    public JsonElement FunctionCall { get; init; }

    public JsonElement ToolCallId { get; init; }

    public JsonElement Name { get; init; }

    /// <summary>Whether a string is all that it says: no calls, no parts, no names.</summary>
    public bool IsPlain => Content.ValueKind == JsonValueKind.String && ToolCalls.ValueKind == JsonValueKind.Undefined
        && FunctionCall.ValueKind == JsonValueKind.Undefined && ToolCallId.ValueKind == JsonValueKind.Undefined
        && Name.ValueKind == JsonValueKind.Undefined;

    /// <summary>The content where it is a string, UTF-8.</summary>
    public byte[] TextContent => text ??= JsonText.ToUtf8(Content);

    public ChatMessage ToMessage() => new(Role!.Value, Text(Content), Trained)
    {
        ToolCalls = Role == ChatRole.Assistant ? Calls() : [],
        ToolCallId = TextOrNull(ToolCallId),
        Name = TextOrNull(Name),
    };

    /// <summary>Adds what is trained on to <paramref name="hash"/>.</summary>
    public void AddTo(ref ContentHash hash)
    {
        hash.Add(RoleName);
        if (Content.ValueKind == JsonValueKind.String)
        {
            hash.AddText(TextContent);
        }
        else
        {
            hash.Add(Content);
        }

        hash.Add(Weight);
        hash.Add(ToolCalls);
        hash.Add(FunctionCall);
        hash.Add(ToolCallId);
        hash.Add(Name);
    }

    private ToolCall[] Calls()
    {
        IEnumerable<ToolCall> old = FunctionCall.ValueKind == JsonValueKind.Object ? [ToCall(null, FunctionCall)] : [];
        return ToolCalls.ValueKind == JsonValueKind.Array
            ? [.. old, .. ToolCalls.EnumerateArray().Select(call => ToCall(TextOrNull(JsonObjects.Member(call, "id"u8)), call.GetProperty("function"u8)))]
            : [.. old];
    }

    private static ToolCall ToCall(string? id, JsonElement function)
    {
        var arguments = JsonObjects.Member(function, "arguments"u8);
        var text = arguments.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => "{}",
            JsonValueKind.String when JsonObjects.IsObjectInString(arguments) => arguments.GetString()!,
            _ => arguments.GetRawText(),
        };
        return new ToolCall(id, function.GetProperty("name"u8).GetString()!, text);
    }

    private static string Text(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => part.GetProperty("text"u8).GetString())),
        _ => "",
    };

    private static string? TextOrNull(JsonElement value) => value.ValueKind == JsonValueKind.String && JsonText.HasText(value) ? value.GetString() : null;
}
