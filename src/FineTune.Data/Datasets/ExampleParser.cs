using System.Text.Json;
using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>
/// Checks a line of a JSONL file. The union of what Databricks and OpenAI accept is accepted; only what can't be trained on is an error.
/// Not for concurrent use.
/// </summary>
internal sealed class ExampleParser(TaskType taskType)
{
    internal const int Messages = 0;
    internal const int Prompt = 1;
    internal const int Response = 2;
    internal const int Completion = 3;
    internal const int Text = 4;
    internal const int Tools = 5;
    internal const int Functions = 6;
    internal const int ParallelToolCalls = 7;
    private const int Input = 8;

    private static readonly string[] Names =
    [
        "messages", "prompt", "response", "completion", "text", "tools", "functions", "parallel_tool_calls", "input", "preferred_output",
        "non_preferred_output",
    ];

    private static readonly KnownKeys Keys = new(Names);

    /// <summary>The keys of a record that any task looks at.</summary>
    internal static IReadOnlyList<string> KnownNames => Names;

    private readonly ChatChecks chat = new();

    /// <summary>The example, or null after reporting at least one error. It reads from <paramref name="line"/>; dispose it.</summary>
    public ParsedExample? Parse(ReadOnlyMemory<byte> line, ProblemScope problems)
    {
        var document = JsonLine.Parse(line, problems);
        if (document is null)
        {
            return null;
        }

        KnownValues values = default;
        Check(document.RootElement, ref values, problems);
        if (!problems.HasErrors)
        {
            return new ParsedExample(document, taskType, values, chat.Conversation);
        }

        document.Dispose();
        return null;
    }

    private void Check(JsonElement root, ref KnownValues values, ProblemScope problems)
    {
        var others = Keys.Read(root, ref values, FieldPath.Whole, problems);
        var own = OwnKeys(taskType);
        if (!Has(values, own))
        {
            ReportKind(root, values, others, problems);
            return;
        }

        for (var key = 0; key < Names.Length; key++)
        {
            if (values[key].ValueKind != JsonValueKind.Undefined && Array.IndexOf(own, key) < 0 && !IsForChat(key))
            {
                (others ??= []).Add(Names[key]);
            }
        }

        KnownKeys.WarnOfExtra(others, FieldPath.Whole, problems);
        switch (taskType)
        {
            case TaskType.ChatCompletion:
                chat.Check(values[Messages], values[Tools], values[Functions], values[ParallelToolCalls], problems);
                break;
            case TaskType.InstructionFinetune:
                CheckInstruction(values, problems);
                break;
            default:
                CheckText(values[Text], Text, problems);
                break;
        }
    }

    private bool IsForChat(int key) => taskType == TaskType.ChatCompletion && key is >= Tools and <= ParallelToolCalls;

    private static bool Has(in KnownValues values, int[] keys)
    {
        foreach (var key in keys)
        {
            if (values[key].ValueKind != JsonValueKind.Undefined)
            {
                return true;
            }
        }

        return false;
    }

    private static int[] OwnKeys(TaskType taskType) => taskType switch
    {
        TaskType.ChatCompletion => [Messages],
        TaskType.InstructionFinetune => [Prompt, Response, Completion],
        _ => [Text],
    };

    private void ReportKind(JsonElement root, in KnownValues values, List<string>? others, ProblemScope problems)
    {
        if (Has(values, [Input, Input + 1, Input + 2]))
        {
            problems.Error(
                ProblemCodes.UnsupportedExampleType, Names[Input], $"The {problems.Record} is a preference example, which this service doesn't train on.", JsonText.Raw(root));
            return;
        }

        foreach (var other in Enum.GetValues<TaskType>())
        {
            if (Has(values, OwnKeys(other)))
            {
                var found = string.Join(" and ", Names.Where((_, key) => Has(LastOf(root, key), OwnKeys(other))));
                problems.Error(
                    ProblemCodes.TaskTypeMismatch,
                    found,
                    $"The {problems.Record} has {found}, but task_type is {TaskTypeNames.Of(taskType)}: use {TaskTypeNames.Of(other)}.",
                    JsonText.Raw(root));
                return;
            }
        }

        var keys = others is null ? "none of the keys" : $"the keys {KnownKeys.List(others)}";
        problems.Error(ProblemCodes.UnknownExampleType, null, $"The {problems.Record} has {keys}; {TaskTypeNames.Of(taskType)} needs {Wanted}.", JsonText.Raw(root));
    }

    /// <summary>Only key <paramref name="key"/> of <paramref name="root"/>.</summary>
    private static KnownValues LastOf(JsonElement root, int key)
    {
        KnownValues values = default;
        values[key] = root.TryGetProperty(Names[key], out var value) ? value : default;
        return values;
    }

    private string Wanted => taskType switch
    {
        TaskType.ChatCompletion => "'messages'",
        TaskType.InstructionFinetune => "'prompt' and 'response' (or 'completion')",
        _ => "'text', or .txt files",
    };

    private static void CheckInstruction(in KnownValues values, ProblemScope problems)
    {
        var hasResponse = values[Response].ValueKind != JsonValueKind.Undefined;
        var hasCompletion = values[Completion].ValueKind != JsonValueKind.Undefined;
        if (hasResponse && hasCompletion)
        {
            problems.Warning(ProblemCodes.AmbiguousAnswer, Names[Completion], $"The {problems.Record} has both response and completion; response is used.");
        }

        CheckText(values[Prompt], Prompt, problems);
        var answer = hasCompletion && !hasResponse ? Completion : Response;
        CheckText(values[answer], answer, problems);
    }

    private static void CheckText(JsonElement value, int key, ProblemScope problems)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            problems.Error(ProblemCodes.MissingField, Names[key], $"'{Names[key]}' is missing.");
        }
        else if (JsonText.Check(value, new FieldPath(Names[key]), problems) && JsonText.IsEmpty(value))
        {
            problems.Error(ProblemCodes.EmptyField, Names[key], $"'{Names[key]}' is empty.");
        }
    }
}
