using System.Text;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests.Validation;

/// <summary>Lines of chat data with exactly one mistake each, by the code it must be reported as.</summary>
internal static class PlantedLines
{
    /// <summary>Lines longer than this are too long.</summary>
    public const int MaximumLineBytes = 4096;

    /// <summary>In tokens; what <see cref="Long"/> gives is longer.</summary>
    public const int ContextLength = 256;

    private const string Tool = """{"type": "function", "function": {"name": "f"}}""";

    /// <summary>Every kind that one line of chat data can show, with a way to make such a line out of a number that makes it unlike others.</summary>
    public static IReadOnlyList<(string Code, Func<int, byte[]> Make)> Kinds { get; } =
    [
        Text(ProblemCodes.LineTooLong, i => Chat($"{i} {new string('x', MaximumLineBytes)}", "a")),
        (ProblemCodes.InvalidUtf8, i => [.. Encoding.UTF8.GetBytes($$"""{"messages": [{"role": "user", "content": "{{i}} """), 0xC3, 0x28, .. "\"}]}"u8]),
        Text(ProblemCodes.ByteOrderMark, i => "\uFEFF" + Chat($"bom {i}", "a")),
        Text(ProblemCodes.NulCharacter, i => Chat($"{i} \\u0000", "a")),
        Text(ProblemCodes.ReplacementCharacter, i => Chat($"{i} caf\uFFFD", "a")),
        Text(ProblemCodes.Mojibake, i => Chat($"{i} it\u00E2\u20AC\u2122s", "a")),
        Text(ProblemCodes.SpecialTokenText, i => Chat($"{i} <|eot_id|>", "a")),
        Text(ProblemCodes.InvalidJson, i => $$"""{"messages": [{{i}}"""),
        Text(ProblemCodes.SeveralJsonValues, i => Chat($"two {i}", "a") + " " + Chat($"more {i}", "a")),
        Text(ProblemCodes.JsonTooDeep, i => $$"""{"messages": {{new string('[', 500)}}{{i}}{{new string(']', 500)}}}"""),
        Text(ProblemCodes.InvalidUnicodeEscape, i => Chat($"{i} \\ud83d", "a")),
        Text(ProblemCodes.NotAnObject, i => $"[{i}]"),
        Text(ProblemCodes.DuplicateKey, i => Messages($$"""{"role": "user", "content": "x", "content": "dup {{i}}"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.UnknownExampleType, i => $$"""{"question": "{{i}}", "answer": "a"}"""),
        Text(ProblemCodes.TaskTypeMismatch, i => $$"""{"prompt": "{{i}}", "response": "a"}"""),
        Text(ProblemCodes.UnsupportedExampleType, i => $$"""{"input": {"messages": []}, "preferred_output": [], "non_preferred_output": [{{i}}]}"""),
        Text(ProblemCodes.MissingField, i => Messages($$"""{"role": "user", "content": "miss {{i}}"}, {"role": "assistant"}""")),
        Text(ProblemCodes.WrongType, i => Messages($$"""{"role": "user", "content": {{i}}}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.ExtraKeys, i => Chat($"extra {i}", "a").Insert(1, """ "source": "web", """)),
        Text(ProblemCodes.NoMessages, _ => Messages("")),
        Text(ProblemCodes.UnknownRole, i => Messages($$"""{"role": "human", "content": "{{i}}"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.UnsupportedContentPart, i => Messages($$"""{"role": "user", "content": [{"type": "image_url", "image_url": "{{i}}"}]}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.NoAssistantMessage, i => Messages($$"""{"role": "system", "content": "s"}, {"role": "user", "content": "{{i}}"}""")),
        Text(ProblemCodes.NoTrainedMessage, i => Messages($$"""{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "a", "weight": 0}""")),
        Text(ProblemCodes.InvalidWeight, i => Messages($$"""{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "a", "weight": 0.5}""")),
        Text(ProblemCodes.LastMessageNotAssistant, i => Messages($$"""{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "last {{i}}"}""")),
        Text(ProblemCodes.EmptyMessage, i => Chat("", $"empty {i}")),
        Text(ProblemCodes.ConsecutiveRoles, i => Messages($$"""{"role": "user", "content": "p"}, {"role": "user", "content": "cons {{i}}"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.SystemNotFirst, i => Messages($$"""{"role": "user", "content": "p"}, {"role": "system", "content": "sys {{i}}"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.SingleMessage, i => Messages($$"""{"role": "assistant", "content": "single {{i}}"}""")),
        Text(ProblemCodes.OpenAIOnly, i => Messages($$"""{"role": "user", "name": "Ann", "content": "only {{i}}"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.MisplacedField, i => Messages($$"""{"role": "user", "content": "mis {{i}}", "weight": 1}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.InvalidToolDefinition, i => Tools("{}", Call($"def {i}", "f", "{}"))),
        Text(ProblemCodes.InvalidToolCall, i => Tools(Tool, $$$"""{"role": "assistant", "tool_calls": [{"id": "{{{i}}}", "function": {}}]}""")),
        Text(ProblemCodes.InvalidToolArguments, i => Tools(Tool, Call($"arg {i}", "f", "[1]"))),
        Text(ProblemCodes.UndefinedTool, i => Tools(Tool, Call($"undefined {i}", "g", "{}"))),
        Text(ProblemCodes.UnmatchedToolResult, i => Tools(Tool, Call($"unmatched {i}", "f", "{}") + """, {"role": "tool", "tool_call_id": "other", "content": "r"}, {"role": "tool", "tool_call_id": "1", "content": "r"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.UnansweredToolCall, i => Tools(Tool, Call($"unanswered {i}", "f", "{}") + """, {"role": "user", "content": "well?"}, {"role": "assistant", "content": "a"}""")),
        Text(ProblemCodes.DeprecatedFunctions, i => Chat($"functions {i}", "a").Insert(1, """ "functions": [{"name": "f"}], """)),
        Text(ProblemCodes.DuplicateExample, _ => Chat("question 0", "answer")),
        Text(ProblemCodes.TruncatedExample, i => Chat($"trunc {i}", Long(i))),
        Text(ProblemCodes.NoTrainedTokenInContext, i => Chat(Long(i), "never")),
    ];

    /// <summary>Codes that a line reported as <paramref name="code"/> shows besides, unavoidably.</summary>
    public static IReadOnlyList<string> Besides(string code) => code switch
    {
        ProblemCodes.MisplacedField or ProblemCodes.InvalidToolArguments or ProblemCodes.UndefinedTool or ProblemCodes.UnmatchedToolResult
            or ProblemCodes.UnansweredToolCall or ProblemCodes.DeprecatedFunctions => [ProblemCodes.OpenAIOnly],
        _ => [],
    };

    public static string Good(int i) => Chat($"question {i}", "answer");

    private static (string, Func<int, byte[]>) Text(string code, Func<int, string> make) => (code, i => Encoding.UTF8.GetBytes(make(i)));

    private static string Long(int i) => string.Concat(Enumerable.Range(i, 300).Select(number => $"{number} "));

    private static string Messages(string messages) => $$"""{"messages": [{{messages}}]}""";

    private static string Chat(string question, string answer) =>
        Messages($$"""{"role": "user", "content": "{{question}}"}, {"role": "assistant", "content": "{{answer}}"}""");

    private static string Tools(string tools, string messages) => Messages("""{"role": "user", "content": "q"}, """ + messages).Insert(1, $""" "tools": [{tools}], """);

    private static string Call(string content, string name, string arguments) =>
        $$$"""{"role": "assistant", "content": "{{{content}}}", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "{{{name}}}", "arguments": "{{{arguments}}}"}}]}""";
}
