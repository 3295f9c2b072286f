using System.Text.Json;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting.Jinja;

namespace FineTune.Data.Formatting;

/// <summary>Conversations as templates see them: OpenAI's fields, with <c>developer</c> as <c>system</c>, which is what templates know.</summary>
internal static class ChatValues
{
    private static readonly JinjaText System = new("system", Origin.Other);
    private static readonly JinjaText User = new("user", Origin.Other);
    private static readonly JinjaText Assistant = new("assistant", Origin.Other);
    private static readonly JinjaText Tool = new("tool", Origin.Other);

    public static TemplateInput Of(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools) =>
        new([.. messages.Select(Message)], Tools(tools));

    public static TemplateInput Of(ParsedExample example)
    {
        var messages = new TemplateMessage[example.Messages.Count];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = example.Messages[i] is { IsPlain: true } plain
                ? Message(plain.Role!.Value, new JinjaText(plain.TextContent, Origin.Content(i)), plain.Trained, hasCalls: false, i)
                : Message(example.Messages[i].ToMessage(), i);
        }

        return new TemplateInput(messages, Tools(example.Tools()));
    }

    /// <summary>Null, as in transformers, when there are none.</summary>
    private static JinjaList? Tools(IReadOnlyList<string> tools) => tools.Count == 0
        ? null
        : new JinjaList([.. tools.Select(tool => Parse(tool, Origin.Tools))], Origin.Tools);

    private static TemplateMessage Message(ChatMessage message, int index)
    {
        var result = Message(
            message.Role, new JinjaText(message.Content, Origin.Content(index)), message.Trained, message.ToolCalls.Count > 0, index);
        var map = result.Value;
        if (message.ToolCalls.Count > 0)
        {
            map["tool_calls"] = new JinjaList([.. message.ToolCalls.Select(call => Call(call, Origin.ToolCalls(index)))], Origin.ToolCalls(index));
        }

        if (message.ToolCallId is { } id)
        {
            map["tool_call_id"] = new JinjaText(id, Origin.Content(index));
        }

        if (message.Name is { } name)
        {
            map["name"] = new JinjaText(name, Origin.Content(index));
        }

        return result;
    }

    private static TemplateMessage Message(ChatRole role, JinjaText content, bool trained, bool hasCalls, int index)
    {
        var map = new JinjaMap(Origin.Content(index))
        {
            Message = index,
            ["role"] = Role(role),
            ["content"] = content,
        };
        return new TemplateMessage(map, content, role == ChatRole.Assistant && trained, hasCalls);
    }

    private static JinjaMap Call(ToolCall call, Origin origin)
    {
        var map = new JinjaMap(origin);
        if (call.Id is { } id)
        {
            map["id"] = new JinjaText(id, origin);
        }

        map["type"] = new JinjaText("function", Origin.Other);
        map["function"] = new JinjaMap(origin)
        {
            ["name"] = new JinjaText(call.Name, origin),
            ["arguments"] = Parse(call.Arguments, origin),
        };
        return map;
    }

    private static object? Parse(string json, Origin origin)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128 });
        return JinjaJson.Read(document.RootElement, origin);
    }

    private static JinjaText Role(ChatRole role) => role switch
    {
        ChatRole.Developer or ChatRole.System => System,
        ChatRole.User => User,
        ChatRole.Assistant => Assistant,
        _ => Tool,
    };
}
