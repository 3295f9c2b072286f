using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Checks <c>{"messages": [{"role": …, "content": …}, …], "tools": …}</c>. Not for concurrent use.</summary>
internal sealed class ChatChecks
{
    private static readonly FieldPath List = new("messages");

    private readonly ToolChecks tools = new();
    private readonly List<ParsedMessage> conversation = [];
    private readonly SortedSet<string> openAIOnly = new(StringComparer.Ordinal);

    /// <summary>The messages that were checked last.</summary>
    public List<ParsedMessage> Conversation => conversation;

    public void Check(JsonElement messages, JsonElement toolList, JsonElement functionList, JsonElement parallel, ProblemScope problems)
    {
        openAIOnly.Clear();
        tools.Begin(toolList, functionList, parallel, openAIOnly, problems);
        if (messages.ValueKind != JsonValueKind.Array)
        {
            problems.Error(ProblemCodes.WrongType, "messages", $"messages must be a list but is {JsonLine.Kind(messages)}.", JsonText.Raw(messages));
            return;
        }

        conversation.Clear();
        foreach (var element in messages.EnumerateArray())
        {
            conversation.Add(MessageChecks.Check(element, List.At(conversation.Count), tools, openAIOnly, problems));
        }

        CheckConversation(problems);
        if (openAIOnly.Count > 0 && !problems.HasErrors)
        {
            problems.Warning(
                ProblemCodes.OpenAIOnly, null, $"The example uses {string.Join(", ", openAIOnly)}, which Databricks' format doesn't have.");
        }
    }

    /// <summary>Rules between messages; a message that was reported takes part only in those that don't depend on its role.</summary>
    private void CheckConversation(ProblemScope problems)
    {
        if (conversation.Count == 0)
        {
            problems.Error(ProblemCodes.NoMessages, "messages", "messages is empty.");
            return;
        }

        for (var i = 1; i < conversation.Count; i++)
        {
            WarnOfOrder(conversation[i - 1], conversation[i], i, problems);
        }

        if (conversation.Count == 1 && conversation[0].Role is null or ChatRole.Assistant)
        {
            problems.Warning(ProblemCodes.SingleMessage, "messages", "There is one message only.");
        }

        CheckAnswers(problems);
    }

    private void CheckAnswers(ProblemScope problems)
    {
        var (answers, trained) = (0, 0);
        foreach (var message in conversation)
        {
            if (message.Role is null)
            {
                return;
            }

            answers += message.Role == ChatRole.Assistant ? 1 : 0;
            trained += message.Role == ChatRole.Assistant && message.Trained ? 1 : 0;
        }

        if (answers == 0)
        {
            problems.Error(ProblemCodes.NoAssistantMessage, "messages", "No message is the assistant's, so there is nothing to learn.");
        }
        else if (trained == 0)
        {
            problems.Error(ProblemCodes.NoTrainedMessage, "messages", "Every assistant message has weight 0, so there is nothing to learn.");
        }
        else if (conversation[^1].Role is { } last and not ChatRole.Assistant)
        {
            problems.Warning(
                ProblemCodes.LastMessageNotAssistant,
                List.At(conversation.Count - 1).Of("role").ToString(),
                "The last message isn't the assistant's; what follows the last answer is not trained on.",
                last.ToString().ToLowerInvariant());
        }
    }

    private static void WarnOfOrder(ParsedMessage previous, ParsedMessage current, int index, ProblemScope problems)
    {
        if (current.Role is ChatRole.System or ChatRole.Developer)
        {
            problems.Warning(ProblemCodes.SystemNotFirst, List.At(index).Of("role").ToString(), "A system message stands after the first message.");
        }

        if (current.Role is { } role and not ChatRole.Tool && role == previous.Role)
        {
            var name = role.ToString().ToLowerInvariant();
            problems.Warning(ProblemCodes.ConsecutiveRoles, List.At(index).Of("role").ToString(), $"Two {name} messages follow each other.", name);
        }
    }
}
