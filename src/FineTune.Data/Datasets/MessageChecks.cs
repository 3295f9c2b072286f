using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Checks one message of a conversation.</summary>
internal static class MessageChecks
{
    private const int Role = 0;
    private const int Content = 1;
    private const int Weight = 2;
    private const int ToolCalls = 3;
    private const int FunctionCall = 4;
    private const int ToolCallId = 5;
    private const int Name = 6;

    private static readonly string[] Names = ["role", "content", "weight", "tool_calls", "function_call", "tool_call_id", "name"];
    private static readonly KnownKeys Keys = new(Names);

    /// <param name="openAIOnly">Receives what Databricks' format doesn't have.</param>
    public static ParsedMessage Check(JsonElement message, FieldPath path, ToolChecks tools, SortedSet<string> openAIOnly, ProblemScope problems)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            problems.Error(ProblemCodes.WrongType, path.ToString(), $"{path} must be an object but is {JsonLine.Kind(message)}.", JsonText.Raw(message));
            return new ParsedMessage(null, trained: false);
        }

        KnownValues values = default;
        KnownKeys.WarnOfExtra(Keys.Read(message, ref values, path, problems), path, problems);
        for (var key = Weight; key < Names.Length; key++)
        {
            if (IsGiven(values[key]))
            {
                openAIOnly.Add(Names[key]);
            }
        }

        var role = ReadRole(values[Role], message, path.Of("role"), problems);
        if (role == ChatRole.Developer)
        {
            openAIOnly.Add("the developer role");
        }

        var trained = ReadWeight(values[Weight], role, path.Of("weight"), problems);
        var calls = JsonObjects.HasItems(values[ToolCalls]) || IsGiven(values[FunctionCall]);
        var isAnswer = role is null or ChatRole.Assistant;
        if (calls && !isAnswer)
        {
            problems.Warning(ProblemCodes.MisplacedField, path.Of("tool_calls").ToString(), $"{path} is not the assistant's but calls tools; ignored.");
        }

        tools.Next(role, calls && isAnswer, values[ToolCalls], values[FunctionCall], values[ToolCallId], path, problems);
        CheckContent(values[Content], calls && isAnswer, message, path.Of("content"), openAIOnly, problems);
        return new ParsedMessage(role, trained)
        {
            RoleName = values[Role],
            Content = values[Content],
            Weight = values[Weight],
            ToolCalls = values[ToolCalls],
            FunctionCall = values[FunctionCall],
            ToolCallId = values[ToolCallId],
            Name = values[Name],
        };
    }

    private static ChatRole? ReadRole(JsonElement value, JsonElement message, FieldPath path, ProblemScope problems)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            problems.Error(ProblemCodes.MissingField, path.ToString(), $"{path} is missing.", JsonText.Raw(message));
            return null;
        }

        var role = ChatRoles.Read(value);
        if (role is null && JsonText.Check(value, path, problems))
        {
            problems.Error(ProblemCodes.UnknownRole, path.ToString(), $"{path} is none of system, developer, user, assistant, tool.", value.GetString());
        }

        return role;
    }

    private static bool ReadWeight(JsonElement value, ChatRole? role, FieldPath path, ProblemScope problems)
    {
        if (!IsGiven(value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || value.GetDouble() is not (0 or 1))
        {
            problems.Error(ProblemCodes.InvalidWeight, path.ToString(), $"{path} is neither 0 nor 1.", JsonText.Raw(value));
            return true;
        }

        if (role is not (null or ChatRole.Assistant))
        {
            problems.Warning(ProblemCodes.MisplacedField, path.ToString(), $"{path} is on a message that is never trained on; ignored.");
        }

        return value.GetDouble() != 0;
    }

    private static void CheckContent(
        JsonElement value, bool hasCalls, JsonElement message, FieldPath path, SortedSet<string> openAIOnly, ProblemScope problems)
    {
        if (hasCalls && !IsGiven(value))
        {
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined:
                problems.Error(ProblemCodes.MissingField, path.ToString(), $"{path} is missing.", JsonText.Raw(message));
                return;
            case JsonValueKind.Array:
                openAIOnly.Add("content in parts");
                CheckParts(value, path, problems);
                return;
            default:
                if (JsonText.Check(value, path, problems) && JsonText.IsEmpty(value) && !hasCalls)
                {
                    problems.Warning(ProblemCodes.EmptyMessage, path.ToString(), $"{path} is empty.");
                }

                return;
        }
    }

    private static void CheckParts(JsonElement parts, FieldPath path, ProblemScope problems)
    {
        var index = 0;
        foreach (var part in parts.EnumerateArray())
        {
            var at = path.At(index++);
            if (part.ValueKind == JsonValueKind.Object
                && part.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.String && JsonText.HasText(type) && type.ValueEquals("text"u8)
                && part.TryGetProperty("text"u8, out var text))
            {
                JsonText.Check(text, at.Of("text"), problems);
            }
            else
            {
                problems.Error(
                    ProblemCodes.UnsupportedContentPart, at.ToString(), $"{at} isn't {{\"type\": \"text\", \"text\": …}}.", JsonText.Raw(part));
            }
        }

        if (index == 0)
        {
            problems.Warning(ProblemCodes.EmptyMessage, path.ToString(), $"{path} is empty.");
        }
    }

    private static bool IsGiven(JsonElement value) => value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
}
