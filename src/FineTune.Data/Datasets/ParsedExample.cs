using System.Text.Json;
using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>A line that was checked and can be trained on, still as JSON.</summary>
internal sealed class ParsedExample(JsonDocument document, TaskType taskType) : IDisposable
{
    public DatasetItem ToItem(string file, long line)
    {
        var root = document.RootElement;
        return taskType switch
        {
            TaskType.ChatCompletion => new ChatExample(file, line, [.. root.GetProperty("messages").EnumerateArray().Select(ToMessage)])
            {
                Tools = [.. Tools(root, "tools"), .. Tools(root, "functions")],
                ParallelToolCalls = JsonObjects.Member(root, "parallel_tool_calls").ValueKind switch
                {
                    JsonValueKind.True => true,
                    JsonValueKind.False => false,
                    _ => null,
                },
            },
            TaskType.InstructionFinetune => new InstructionExample(
                file, line, root.GetProperty("prompt").GetString()!, Answer(root).GetString()!),
            _ => new DocumentPart(file, line, root.GetProperty("text").GetString()!, EndsDocument: true),
        };
    }

    /// <summary>A hash of what is trained on: equal for examples that differ only in white space, order of keys or unused keys.</summary>
    public ulong ContentHash()
    {
        var root = document.RootElement;
        var hash = new ContentHash();
        switch (taskType)
        {
            case TaskType.ChatCompletion:
                foreach (var message in root.GetProperty("messages").EnumerateArray())
                {
                    hash.Add(JsonObjects.Member(message, "role"u8));
                    hash.Add(JsonObjects.Member(message, "content"u8));
                    hash.Add(JsonObjects.Member(message, "weight"u8));
                    hash.Add(JsonObjects.Member(message, "tool_calls"u8));
                    hash.Add(JsonObjects.Member(message, "function_call"u8));
                    hash.Add(JsonObjects.Member(message, "tool_call_id"u8));
                    hash.Add(JsonObjects.Member(message, "name"u8));
                }

                hash.Add(JsonObjects.Member(root, "tools"));
                hash.Add(JsonObjects.Member(root, "functions"));
                break;
            case TaskType.InstructionFinetune:
                hash.Add(root.GetProperty("prompt"));
                hash.Add(Answer(root));
                break;
            default:
                hash.Add(root.GetProperty("text"));
                break;
        }

        return hash.Value;
    }

    public void Dispose() => document.Dispose();

    private static JsonElement Answer(JsonElement root) =>
        root.TryGetProperty("response", out var response) ? response : root.GetProperty("completion");

    private static IEnumerable<string> Tools(JsonElement root, string key) =>
        JsonObjects.Member(root, key) is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(tool => JsonObjects.Member(tool, "function").ValueKind == JsonValueKind.Object
                ? tool.GetRawText()
                : $"{{\"type\": \"function\", \"function\": {tool.GetRawText()}}}")
            : [];

    private static ChatMessage ToMessage(JsonElement message)
    {
        var role = ChatRoles.Read(message.GetProperty("role"))!.Value;
        var weight = JsonObjects.Member(message, "weight");
        return new ChatMessage(
            role, Content(JsonObjects.Member(message, "content")), weight.ValueKind != JsonValueKind.Number || weight.GetDouble() != 0)
        {
            ToolCalls = role == ChatRole.Assistant ? ToolCalls(message) : [],
            ToolCallId = Text(JsonObjects.Member(message, "tool_call_id")),
            Name = Text(JsonObjects.Member(message, "name")),
        };
    }

    private static string Content(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => part.GetProperty("text").GetString())),
        _ => "",
    };

    private static ToolCall[] ToolCalls(JsonElement message)
    {
        IEnumerable<ToolCall> old = JsonObjects.Member(message, "function_call") is { ValueKind: JsonValueKind.Object } function ? [ToCall(null, function)] : [];
        return JsonObjects.Member(message, "tool_calls") is { ValueKind: JsonValueKind.Array } calls
            ? [.. old, .. calls.EnumerateArray().Select(call => ToCall(Text(JsonObjects.Member(call, "id")), call.GetProperty("function")))]
            : [.. old];
    }

    private static ToolCall ToCall(string? id, JsonElement function)
    {
        var arguments = JsonObjects.Member(function, "arguments");
        var text = arguments.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => "{}",
            JsonValueKind.String when JsonObjects.IsObjectInString(arguments) => arguments.GetString()!,
            _ => arguments.GetRawText(),
        };
        return new ToolCall(id, function.GetProperty("name").GetString()!, text);
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String && JsonText.HasText(value) ? value.GetString() : null;
}
