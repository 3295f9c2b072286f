using System.Text.Json;
using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>A record that was checked and can be trained on, still as JSON; valid until its parser is asked for the next.</summary>
/// <param name="values">Of the keys of <see cref="ExampleParser"/>.</param>
/// <param name="messages">Of a conversation.</param>
internal sealed class ParsedExample(JsonDocument document, TaskType taskType, in KnownValues values, List<ParsedMessage> messages) : IDisposable
{
    private readonly KnownValues values = values;

    public TaskType TaskType => taskType;

    public List<ParsedMessage> Messages => messages;

    public JsonElement Prompt => values[ExampleParser.Prompt];

    /// <summary>What is to be learned of an instruction.</summary>
    public JsonElement Answer => values[values[ExampleParser.Response].ValueKind == JsonValueKind.Undefined ? ExampleParser.Completion : ExampleParser.Response];

    /// <summary>The text of continued pre-training.</summary>
    public JsonElement Text => values[ExampleParser.Text];

    /// <summary>Of a conversation; see <see cref="ChatExample.Tools"/>.</summary>
    public string[] Tools() => values[ExampleParser.Tools].ValueKind == JsonValueKind.Array || values[ExampleParser.Functions].ValueKind == JsonValueKind.Array
        ? [.. Tools(values[ExampleParser.Tools]), .. Tools(values[ExampleParser.Functions])]
        : [];

    public DatasetItem ToItem(string file, long line) => taskType switch
    {
        TaskType.ChatCompletion => new ChatExample(file, line, [.. messages.Select(message => message.ToMessage())])
        {
            Tools = Tools(),
            ParallelToolCalls = values[ExampleParser.ParallelToolCalls].ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            },
        },
        TaskType.InstructionFinetune => new InstructionExample(file, line, Prompt.GetString()!, Answer.GetString()!),
        _ => new DocumentPart(file, line, Text.GetString()!, EndsDocument: true),
    };

    /// <summary>A hash of what is trained on: equal for examples that differ only in white space, order of keys or unused keys.</summary>
    public ulong ContentHash()
    {
        var hash = new ContentHash();
        switch (taskType)
        {
            case TaskType.ChatCompletion:
                foreach (var message in messages)
                {
                    message.AddTo(ref hash);
                }

                hash.Add(values[ExampleParser.Tools]);
                hash.Add(values[ExampleParser.Functions]);
                break;
            case TaskType.InstructionFinetune:
                hash.Add(Prompt);
                hash.Add(Answer);
                break;
            default:
                hash.Add(Text);
                break;
        }

        return hash.Value;
    }

    public void Dispose() => document.Dispose();

    private static IEnumerable<string> Tools(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Select(tool => JsonObjects.Member(tool, "function"u8).ValueKind == JsonValueKind.Object
            ? tool.GetRawText()
            : $"{{\"type\": \"function\", \"function\": {tool.GetRawText()}}}")
        : [];
}
