using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Checks tool definitions, calls and results of one conversation after another. Not for concurrent use.</summary>
internal sealed class ToolChecks
{
    /// <summary>Stands for the deprecated <c>function_call</c>, which has no id.</summary>
    private const string NoId = "";

    private readonly HashSet<string> defined = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FieldPath> open = new(StringComparer.Ordinal);

    /// <summary>Begins a conversation.</summary>
    public void Begin(JsonElement tools, JsonElement functions, JsonElement parallel, SortedSet<string> openAIOnly, ProblemScope problems)
    {
        defined.Clear();
        open.Clear();
        Define(tools, new FieldPath("tools"), openAIOnly, problems);
        Define(functions, new FieldPath("functions"), openAIOnly, problems);
        if (functions.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
        {
            problems.Warning(ProblemCodes.DeprecatedFunctions, "functions", "functions is the old name of tools.");
        }

        if (parallel.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False))
        {
            problems.Error(
                ProblemCodes.WrongType,
                "parallel_tool_calls",
                $"parallel_tool_calls must be a boolean but is {JsonLine.Kind(parallel)}.",
                JsonText.Raw(parallel));
        }
    }

    /// <summary>The conversation's next message.</summary>
    public void Next(
        ChatRole? role, bool hasCalls, JsonElement calls, JsonElement functionCall, JsonElement resultId, FieldPath path, ProblemScope problems)
    {
        if (role == ChatRole.Tool)
        {
            Answer(resultId, path.Of("tool_call_id"), problems);
            return;
        }

        foreach (var unanswered in open.Values)
        {
            problems.Warning(ProblemCodes.UnansweredToolCall, unanswered.ToString(), $"{unanswered} has no result before {path}.");
        }

        open.Clear();
        if (!hasCalls)
        {
            return;
        }

        if (functionCall.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
        {
            var field = path.Of("function_call");
            problems.Warning(ProblemCodes.DeprecatedFunctions, field.ToString(), "function_call is the old form of tool_calls.");
            CheckFunction(functionCall, field, field, problems);
            open[NoId] = field;
        }

        CheckCalls(calls, path.Of("tool_calls"), problems);
    }

    private void CheckCalls(JsonElement calls, FieldPath path, ProblemScope problems)
    {
        if (calls.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return;
        }

        if (calls.ValueKind != JsonValueKind.Array)
        {
            problems.Error(ProblemCodes.WrongType, path.ToString(), $"{path} must be a list but is {JsonLine.Kind(calls)}.", JsonText.Raw(calls));
            return;
        }

        var index = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var at = path.At(index++);
            CheckFunction(JsonObjects.Member(call, "function"), at, at.Of("function"), problems);
            var id = JsonObjects.Member(call, "id");
            open[id.ValueKind == JsonValueKind.String && JsonText.Check(id, at.Of("id"), problems) ? id.GetString()! : NoId] = at;
        }
    }

    private void CheckFunction(JsonElement function, FieldPath call, FieldPath path, ProblemScope problems)
    {
        var name = JsonObjects.Member(function, "name");
        if (name.ValueKind != JsonValueKind.String || JsonText.IsEmpty(name))
        {
            problems.Error(ProblemCodes.InvalidToolCall, call.ToString(), $"{call} doesn't name the function to call.");
            return;
        }

        if (!JsonText.Check(name, path, problems))
        {
            return;
        }

        if (defined.Count > 0 && !defined.Contains(name.GetString()!))
        {
            problems.Warning(ProblemCodes.UndefinedTool, call.ToString(), $"{call} calls a tool that isn't defined.", name.GetString());
        }

        var arguments = JsonObjects.Member(function, "arguments");
        if (arguments.ValueKind == JsonValueKind.String && !JsonText.Check(arguments, path, problems))
        {
            return;
        }

        if (arguments.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null) && !JsonObjects.IsObjectInString(arguments))
        {
            problems.Warning(
                ProblemCodes.InvalidToolArguments, call.ToString(), $"The arguments of {call} aren't a JSON object in a string.", JsonText.Raw(arguments));
        }
    }

    private void Answer(JsonElement id, FieldPath path, ProblemScope problems)
    {
        if (id.ValueKind == JsonValueKind.String && !JsonText.Check(id, path, problems))
        {
            return;
        }

        if (!open.Remove(id.ValueKind == JsonValueKind.String ? id.GetString()! : NoId))
        {
            problems.Warning(
                ProblemCodes.UnmatchedToolResult,
                path.ToString(),
                id.ValueKind == JsonValueKind.Undefined ? $"{path} is missing." : $"{path} names no open call before it.",
                id.ValueKind == JsonValueKind.Undefined ? null : JsonText.Raw(id));
        }
    }

    private void Define(JsonElement list, FieldPath path, SortedSet<string> openAIOnly, ProblemScope problems)
    {
        if (list.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            problems.Error(ProblemCodes.WrongType, path.ToString(), $"{path} must be a list but is {JsonLine.Kind(list)}.", JsonText.Raw(list));
            return;
        }

        var index = 0;
        foreach (var tool in list.EnumerateArray())
        {
            openAIOnly.Add("tools");
            var at = path.At(index++);
            var name = JsonObjects.Member(JsonObjects.FunctionOf(tool), "name");
            if (name.ValueKind != JsonValueKind.String || JsonText.IsEmpty(name))
            {
                problems.Error(ProblemCodes.InvalidToolDefinition, at.ToString(), $"{at} doesn't define a function with a name.", JsonText.Raw(tool));
            }
            else if (JsonText.Check(name, at.Of("name"), problems))
            {
                defined.Add(name.GetString()!);
            }
        }
    }
}
