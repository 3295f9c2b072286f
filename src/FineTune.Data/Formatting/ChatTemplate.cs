using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Data.Datasets;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>
/// How a model lays out conversations: the Llama 3 family, implemented rather than interpreted, so that the loss mask follows from
/// construction. Which member is meant is read from the tokenizer's own Jinja template. Contents are trimmed as those templates do;
/// <c>developer</c> is their <c>system</c>.
/// </summary>
public sealed class ChatTemplate
{
    private const string KnowledgeDate = "Cutting Knowledge Date: December 2023";
    private readonly string? today;

    private ChatTemplate(string? today) => this.today = today;

    /// <summary>Llama 3: only the messages.</summary>
    public static ChatTemplate Llama3 { get; } = new(null);

    /// <summary>Llama 3.1, 3.2 and 3.3: always a system turn, which begins with the knowledge date and <paramref name="today"/>.</summary>
    public static ChatTemplate Llama31(DateOnly today) => new(today.ToString("dd MMM yyyy", CultureInfo.InvariantCulture));

    /// <summary>The template of a model.</summary>
    /// <param name="today">The date it shows, fixed when a run is created so that training is reproducible.</param>
    /// <exception cref="FaultException">The model's template isn't of a supported family.</exception>
    public static ChatTemplate For(Tokenizer tokenizer, DateOnly today)
    {
        string[] marks = [Llama3Tokens.StartHeader, Llama3Tokens.EndHeader, Llama3Tokens.EndOfTurn];
        var isLlama3 = marks.All(mark => tokenizer.TokenId(mark) is not null
            && tokenizer.ChatTemplate?.Contains(mark, StringComparison.Ordinal) != false);
        if (!isLlama3)
        {
            throw new FaultException(new Fault(
                Tokenizer.LoadPhase,
                FaultAttribution.Caller,
                "chat_template_not_supported",
                $"{TokenizerConfig.FileName}: chat_template isn't of the Llama 3 family, the only one supported for CHAT_COMPLETION; " +
                "use INSTRUCTION_FINETUNE with prompts that hold the model's own format.",
                TokenizerConfig.FileName,
                Field: "chat_template"));
        }

        return tokenizer.ChatTemplate?.Contains("Cutting Knowledge Date", StringComparison.Ordinal) == true ? Llama31(today) : Llama3;
    }

    internal IEnumerable<ChatBlock> Render(IReadOnlyList<ChatMessage> messages)
    {
        var first = 0;
        if (today is not null)
        {
            var hasSystem = messages.Count > 0 && messages[0].Role is ChatRole.System or ChatRole.Developer;
            var system = hasSystem ? PythonText.Strip(messages[0].Content) : "";
            yield return new ChatBlock("system", $"{KnowledgeDate}\nToday Date: {today}\n\n{system}", Trained: false);
            first = hasSystem ? 1 : 0;
        }

        foreach (var message in messages.Skip(first))
        {
            yield return message.Role switch
            {
                ChatRole.Tool when today is not null => new ChatBlock("ipython", PythonText.ToJson(message.Content), Trained: false),
                ChatRole.Developer => new ChatBlock("system", PythonText.Strip(message.Content), Trained: false),
                ChatRole.Assistant => new ChatBlock("assistant", PythonText.Strip(message.Content), message.Trained),
                var role => new ChatBlock(role.ToString().ToLowerInvariant(), PythonText.Strip(message.Content), Trained: false),
            };
        }
    }
}
