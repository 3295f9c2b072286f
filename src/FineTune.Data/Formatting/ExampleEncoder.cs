using FineTune.Core.Faults;
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
        MaskedTokens tokens;
        try
        {
            tokens = item switch
            {
                ChatExample chat => Conversation(Template.Render(chat.Messages, chat.Tools)),
                InstructionExample instruction => Instruction(instruction),
                _ => throw new ArgumentException($"{item.GetType().Name} is packed, not encoded.", nameof(item)),
            };
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

    /// <summary>What a conversation looks like before the assistant's next turn.</summary>
    /// <exception cref="FaultException">The model's template refuses the conversation.</exception>
    public int[] EncodePrompt(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string>? tools = null)
    {
        try
        {
            return Conversation(Template.Render(messages, tools ?? [], addGenerationPrompt: true)).Tokens;
        }
        catch (JinjaException refused)
        {
            throw new FaultException(Fault.Caller("generate", "refused_by_chat_template", Explain(refused), "messages"));
        }
    }

    /// <summary>What an instruction looks like before its response.</summary>
    public int[] EncodePrompt(string prompt)
    {
        var tokens = Begin();
        tokens.Add(Tokenizer, prompt, TextPosition.Start, trained: false);
        return tokens.Tokens;
    }

    /// <summary>A conversation's text, and the ranges of it that carry loss, in Unicode code points.</summary>
    /// <exception cref="FaultException">The model's template refuses the conversation.</exception>
    public RenderedText Render(ChatExample example)
    {
        try
        {
            return RenderedText.Of(Template.Render(example.Messages, example.Tools));
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

    private MaskedTokens Conversation(RenderedChat chat)
    {
        var tokens = new MaskedTokens();
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
                tokens.Add(Tokenizer, chat.TextOf(segment), position, segment.Trained);
                position = TextPosition.Continuation;
            }
        }

        return tokens;
    }

    private MaskedTokens Instruction(InstructionExample example)
    {
        var tokens = Begin();
        tokens.Add(Tokenizer, example.Prompt, TextPosition.Start, trained: false);
        tokens.Add(Tokenizer, example.Response, TextPosition.Continuation, trained: true);
        tokens.Add(RequireEos(Tokenizer), trained: true);
        return tokens;
    }

    private MaskedTokens Begin()
    {
        var tokens = new MaskedTokens();
        if (Tokenizer.BosId is { } bos)
        {
            tokens.Add(bos, trained: false);
        }

        return tokens;
    }

    internal static int RequireEos(Tokenizer tokenizer) => tokenizer.EosId ?? throw new FaultException(new Fault(
        Tokenizer.LoadPhase,
        FaultAttribution.Caller,
        "tokenizer_invalid",
        $"{TokenizerConfig.FileName}: eos_token is missing, and without it a model never learns to stop; add it.",
        TokenizerConfig.FileName,
        Field: "eos_token"));
}
