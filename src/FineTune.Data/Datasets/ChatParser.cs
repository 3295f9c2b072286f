using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Reads <c>{"messages": [{"role": …, "content": …}, …]}</c>.</summary>
internal static class ChatParser
{
    private static readonly string[] ToolKeys = ["tools", "functions"];

    public static ChatExample? Parse(JsonElement root, HashSet<string> keys, ProblemScope problems)
    {
        foreach (var key in ToolKeys.Where(key => HasItems(root, key)))
        {
            ReportTools(key, root.GetProperty(key), problems);
        }

        JsonKeys.WarnOfExtra(keys.Where(key => key != "messages" && !ToolKeys.Contains(key)), null, problems);
        var list = root.GetProperty("messages");
        if (list.ValueKind != JsonValueKind.Array)
        {
            problems.Error(
                ProblemCodes.WrongType, "messages", $"messages must be a list but is {JsonLine.Kind(list)}.", JsonLine.Raw(list));
            return null;
        }

        var messages = list.EnumerateArray().Select((message, index) => ParseMessage(message, $"messages[{index}]", problems)).ToList();
        CheckConversation(messages, problems);
        return problems.HasErrors ? null : new ChatExample(problems.File, problems.Line, [.. messages.OfType<ChatMessage>()]);
    }

    private static ChatMessage? ParseMessage(JsonElement message, string field, ProblemScope problems)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            problems.Error(
                ProblemCodes.WrongType, field, $"{field} must be an object but is {JsonLine.Kind(message)}.", JsonLine.Raw(message));
            return null;
        }

        var keys = JsonKeys.Of(message, field, problems);
        JsonKeys.WarnOfExtra(
            keys.Where(key => key is not ("role" or "content" or "weight" or "tool_calls" or "function_call" or "tool_call_id")), field, problems);
        var role = ParseRole(message, field, problems);
        var trained = ParseWeight(message, field, problems);
        if (HasItems(message, "tool_calls") || HasItems(message, "function_call"))
        {
            ReportTools($"{field}.tool_calls", message, problems);
            return null;
        }

        var content = MessageContent.Parse(message, field, problems);
        if (content is { Length: 0 })
        {
            problems.Warning(ProblemCodes.EmptyMessage, $"{field}.content", $"{field} has no content; is that meant?");
        }

        return role is null || content is null ? null : new ChatMessage(role.Value, content, trained);
    }

    private static ChatRole? ParseRole(JsonElement message, string field, ProblemScope problems)
    {
        field += ".role";
        if (!message.TryGetProperty("role", out var value))
        {
            problems.Error(ProblemCodes.MissingField, field, $"{field} is missing; each message needs a role and content.", JsonLine.Raw(message));
            return null;
        }

        var name = JsonLine.Text(value, field, problems);
        ChatRole? role = name switch
        {
            null => null,
            "system" => ChatRole.System,
            "developer" => ChatRole.Developer,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "tool" => ChatRole.Tool,
            _ => null,
        };
        if (name is not null && role is null)
        {
            problems.Error(
                ProblemCodes.UnknownRole, field, $"{field} must be one of system, developer, user, assistant, tool.", name);
        }

        return role;
    }

    private static bool ParseWeight(JsonElement message, string field, ProblemScope problems)
    {
        if (!message.TryGetProperty("weight", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        var weight = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        if (weight is not (0 or 1))
        {
            problems.Error(
                ProblemCodes.InvalidWeight, $"{field}.weight", $"{field}.weight must be 0 (not trained on) or 1.", JsonLine.Raw(value));
        }

        return weight != 0;
    }

    /// <summary>Rules between messages. A null is a message already reported; then only rules that don't depend on it apply.</summary>
    private static void CheckConversation(List<ChatMessage?> messages, ProblemScope problems)
    {
        if (messages.Count == 0)
        {
            problems.Error(ProblemCodes.NoMessages, "messages", "messages is empty; add a user and an assistant message.");
            return;
        }

        for (var i = 1; i < messages.Count; i++)
        {
            WarnOfOrder(messages[i - 1], messages[i], $"messages[{i}].role", problems);
        }

        if (messages.Count == 1)
        {
            problems.Warning(
                ProblemCodes.SingleMessage, "messages", "There is one message only; Databricks wants at least two. Add the user's message.");
        }

        if (messages.Contains(null))
        {
            return;
        }

        var assistants = messages.Where(message => message!.Role == ChatRole.Assistant).ToList();
        if (assistants.Count == 0)
        {
            problems.Error(
                ProblemCodes.NoAssistantMessage, "messages", "No message is the assistant's, so there is nothing to learn; add the answer.");
        }
        else if (messages[^1]!.Role != ChatRole.Assistant)
        {
            problems.Error(
                ProblemCodes.LastMessageNotAssistant,
                $"messages[{messages.Count - 1}].role",
                "The last message must be the assistant's; add the answer or remove what follows the last one.",
                messages[^1]!.Role.ToString().ToLowerInvariant());
        }
        else if (assistants.All(message => !message!.Trained))
        {
            problems.Error(
                ProblemCodes.NoTrainedMessage, "messages", "Every assistant message has weight 0, so there is nothing to learn; set one to 1.");
        }
    }

    private static void WarnOfOrder(ChatMessage? previous, ChatMessage? message, string field, ProblemScope problems)
    {
        if (message?.Role is ChatRole.System or ChatRole.Developer)
        {
            problems.Warning(
                ProblemCodes.SystemNotFirst, field, "A system message after the first is refused by Databricks; move it to the beginning.");
        }

        if (message is not null && message.Role == previous?.Role && message.Role != ChatRole.Tool)
        {
            var role = message.Role.ToString().ToLowerInvariant();
            problems.Warning(
                ProblemCodes.ConsecutiveRoles, field, $"Two {role} messages in a row are refused by Databricks; join them.", role);
        }
    }

    private static bool HasItems(JsonElement element, string key) =>
        element.TryGetProperty(key, out var value)
        && value.ValueKind != JsonValueKind.Null
        && (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 0);

    private static void ReportTools(string field, JsonElement value, ProblemScope problems) => problems.Error(
        ProblemCodes.ToolsNotSupported,
        field,
        $"{field}: tool definitions and calls can't be trained on yet; write the call as text content or remove the example.",
        JsonLine.Raw(value));
}
