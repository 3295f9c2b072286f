using System.Text;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>
/// Lays examples out as the model sees them. The parts are tokenized separately and each brings its own mask, so what is trained on
/// follows from construction; and since text never becomes control tokens, no content can forge a turn.
/// </summary>
/// <param name="chatTemplate">Null for models that are not trained on conversations.</param>
/// <param name="contextLength">Longest sequence in tokens; longer examples lose their end.</param>
public sealed class ExampleEncoder(Tokenizer tokenizer, ChatTemplate? chatTemplate, int contextLength)
{
    public Tokenizer Tokenizer { get; } = tokenizer;

    public int ContextLength { get; } = contextLength >= 2
        ? contextLength
        : throw new ArgumentOutOfRangeException(nameof(contextLength), contextLength, "A sequence needs at least two tokens.");

    /// <summary>
    /// Conversation: what the chat template makes of it; trained is what the model has to write itself. Instruction: BOS, prompt,
    /// response, EOS without any template; trained are response and EOS.
    /// </summary>
    public EncodedExample Encode(DatasetItem item)
    {
        var tokens = new MaskedTokens(Tokenizer);
        try
        {
            Lay(item, tokens);
        }
        catch (JinjaException refused)
        {
            return new EncodedExample(null, false, DropReasons.RefusedByTemplate) { Detail = Explain(refused) };
        }

        var isTruncated = tokens.Count > ContextLength;
        var sequence = tokens.ToSequence(ContextLength);
        return sequence.TrainedCount > 0
            ? new EncodedExample(sequence, isTruncated, null) { Length = tokens.Count }
            : new EncodedExample(null, isTruncated, DropReasons.NothingTrained) { Length = tokens.Count };
    }

    /// <summary>How many tokens begin and end a document.</summary>
    internal int DocumentMarks => Tokenizer.BosId is null ? 1 : 2;

    /// <summary>What a conversation looks like before the assistant's next turn.</summary>
    /// <exception cref="FaultException">The model's template refuses the conversation.</exception>
    public int[] EncodePrompt(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null)
    {
        try
        {
            var tokens = new MaskedTokens(Tokenizer);
            Lay(ChatValues.Of(messages, tools ?? []), tokens, addGenerationPrompt: true);
            return tokens.Tokens;
        }
        catch (JinjaException refused)
        {
            throw new FaultException(Fault.Caller("generate", "refused_by_chat_template", Explain(refused), "messages"));
        }
    }

    /// <summary>What an instruction looks like before its response.</summary>
    public int[] EncodePrompt(string prompt)
    {
        var tokens = new MaskedTokens(Tokenizer);
        Begin(Encoding.UTF8.GetBytes(prompt), tokens);
        return tokens.Tokens;
    }

    /// <summary>A conversation's text, and the ranges of it that carry loss, in Unicode code points.</summary>
    /// <exception cref="FaultException">The model's template refuses the conversation.</exception>
    public RenderedText Render(ChatExample example)
    {
        try
        {
            using var chat = Template.Render(ChatValues.Of(example.Messages, example.Tools));
            return RenderedText.Of(chat);
        }
        catch (JinjaException refused)
        {
            throw new FaultException(new Fault(
                "render", FaultAttribution.Caller, "refused_by_chat_template", Explain(refused), example.File, example.Line, "messages")
            {
                Record = example.Record,
            });
        }
    }

    internal static string Explain(JinjaException refused) => refused.IsRefusal
        ? $"The model's chat template refuses the conversation: {refused.Message.TrimEnd('.')}."
        : $"The model's chat template can't render the conversation: {refused.Message.TrimEnd('.')}.";

    private ChatTemplate Template => chatTemplate ?? throw new InvalidOperationException("This encoder has no chat template.");

    /// <summary>Lays out a conversation or an instruction; false of a text, which is packed.</summary>
    /// <exception cref="JinjaException">The model's chat template refuses the conversation.</exception>
    internal bool TryLay(ParsedExample example, IExampleTokens tokens)
    {
        switch (example.TaskType)
        {
            case TaskType.ChatCompletion:
                Lay(ChatValues.Of(example), tokens);
                return true;
            case TaskType.InstructionFinetune:
                Lay(JsonText.ToUtf8(example.Prompt), JsonText.ToUtf8(example.Answer), tokens);
                return true;
            default:
                return false;
        }
    }

    private void Lay(DatasetItem item, IExampleTokens tokens)
    {
        switch (item)
        {
            case ChatExample chat:
                Lay(ChatValues.Of(chat.Messages, chat.Tools), tokens);
                break;
            case InstructionExample instruction:
                Lay(Encoding.UTF8.GetBytes(instruction.Prompt), Encoding.UTF8.GetBytes(instruction.Response), tokens);
                break;
            default:
                throw new ArgumentException($"{item.GetType().Name} is packed, not encoded.", nameof(item));
        }
    }

    private void Lay(ReadOnlySpan<byte> prompt, ReadOnlySpan<byte> response, IExampleTokens tokens)
    {
        Begin(prompt, tokens);
        tokens.Add(response, TextPosition.Continuation, trained: true);
        tokens.Add(RequireEos(Tokenizer), trained: true);
    }

    private void Lay(TemplateInput input, IExampleTokens tokens, bool addGenerationPrompt = false)
    {
        using var chat = Template.Render(input, addGenerationPrompt);
        var position = TextPosition.Start;
        foreach (var segment in chat.Segments)
        {
            if (segment.ControlToken is { } control)
            {
                tokens.Add(control, segment.Trained);
                position = TextPosition.AfterControlToken;
            }
            else
            {
                tokens.Add(chat.TextOf(segment), position, segment.Trained);
                position = TextPosition.Continuation;
            }
        }
    }

    private void Begin(ReadOnlySpan<byte> prompt, IExampleTokens tokens)
    {
        if (Tokenizer.BosId is { } bos)
        {
            tokens.Add(bos, trained: false);
        }

        tokens.Add(prompt, TextPosition.Start, trained: false);
    }

    internal static int RequireEos(Tokenizer tokenizer) => tokenizer.EosId ?? throw new FaultException(new Fault(
        Tokenizer.LoadPhase,
        FaultAttribution.Caller,
        "tokenizer_invalid",
        $"{TokenizerConfig.FileName}: eos_token is missing, and without it a model never learns to stop; add it.",
        TokenizerConfig.FileName,
        Field: "eos_token"));
}
