using System.Text.Json;
using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>
/// Turns a line of a JSONL file into an example. The union of what Databricks and OpenAI accept is accepted; only what can't be trained
/// on is an error.
/// </summary>
internal sealed class ExampleParser(TaskType taskType)
{
    private const string Messages = "messages";
    private const string Prompt = "prompt";
    private const string Response = "response";
    private const string Completion = "completion";
    private const string Text = "text";

    /// <summary>The example, or null after reporting at least one error.</summary>
    public DatasetItem? Parse(ReadOnlyMemory<byte> line, ProblemScope problems)
    {
        using var document = JsonLine.Parse(line, problems);
        if (document is null)
        {
            return null;
        }

        var root = document.RootElement;
        var keys = JsonKeys.Of(root, null, problems);
        if (!keys.Overlaps(KeysOf(taskType)))
        {
            ReportKind(root, keys, problems);
            return null;
        }

        DatasetItem? example = taskType switch
        {
            TaskType.ChatCompletion => ChatParser.Parse(root, keys, problems),
            TaskType.InstructionFinetune => ParseInstruction(root, keys, problems),
            _ => ParseText(root, keys, problems),
        };
        return problems.HasErrors ? null : example;
    }

    private static string[] KeysOf(TaskType taskType) => taskType switch
    {
        TaskType.ChatCompletion => [Messages],
        TaskType.InstructionFinetune => [Prompt, Response, Completion],
        _ => [Text],
    };

    private void ReportKind(JsonElement root, HashSet<string> keys, ProblemScope problems)
    {
        var raw = JsonLine.Raw(root);
        foreach (var other in Enum.GetValues<TaskType>().Where(other => keys.Overlaps(KeysOf(other))))
        {
            var found = string.Join(" and ", KeysOf(other).Where(keys.Contains));
            problems.Error(
                ProblemCodes.TaskTypeMismatch,
                found,
                $"The line has {found}, but task_type is {Name(taskType)}: use {Name(other)}.",
                raw);
            return;
        }

        var names = keys.Count == 0 ? "no keys" : $"keys {JsonKeys.List(keys)}";
        problems.Error(
            ProblemCodes.UnknownExampleType,
            null,
            $"The line has {names}; {Name(taskType)} needs {Wanted}.",
            raw);
    }

    private string Wanted => taskType switch
    {
        TaskType.ChatCompletion => "'messages'",
        TaskType.InstructionFinetune => "'prompt' and 'response' (or 'completion')",
        _ => "'text', or .txt files",
    };

    private static InstructionExample? ParseInstruction(JsonElement root, HashSet<string> keys, ProblemScope problems)
    {
        var answer = keys.Contains(Response) ? Response : Completion;
        var prompt = Required(root, Prompt, Prompt, problems);
        var response = Required(root, answer, keys.Contains(Completion) ? answer : Response, problems);
        JsonKeys.WarnOfExtra(keys.Where(key => key != Prompt && key != answer), null, problems);
        return prompt is null || response is null ? null : new InstructionExample(problems.File, problems.Line, prompt, response);
    }

    private static DocumentPart? ParseText(JsonElement root, HashSet<string> keys, ProblemScope problems)
    {
        var text = Required(root, Text, Text, problems);
        JsonKeys.WarnOfExtra(keys.Where(key => key != Text), null, problems);
        return text is null ? null : new DocumentPart(problems.File, problems.Line, text, EndsDocument: true);
    }

    private static string? Required(JsonElement root, string key, string reported, ProblemScope problems)
    {
        if (!root.TryGetProperty(key, out var value))
        {
            problems.Error(ProblemCodes.MissingField, reported, $"'{reported}' is missing; add it or remove the line.", JsonLine.Raw(root));
            return null;
        }

        var text = JsonLine.Text(value, key, problems);
        if (text is { Length: 0 })
        {
            problems.Error(ProblemCodes.EmptyField, key, $"'{key}' is empty; fill it or remove the line.");
            return null;
        }

        return text;
    }

    private static string Name(TaskType taskType) => taskType switch
    {
        TaskType.ChatCompletion => "CHAT_COMPLETION",
        TaskType.InstructionFinetune => "INSTRUCTION_FINETUNE",
        _ => "CONTINUED_PRETRAIN",
    };
}
