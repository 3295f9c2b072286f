using FineTune.Core.Faults;
using FineTune.Core.Training;
using FineTune.Data.Datasets;
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
    private readonly int startHeader = tokenizer.TokenId(Llama3Tokens.StartHeader) ?? -1;
    private readonly int endHeader = tokenizer.TokenId(Llama3Tokens.EndHeader) ?? -1;
    private readonly int endOfTurn = tokenizer.TokenId(Llama3Tokens.EndOfTurn) ?? -1;
    private readonly int[] blankLine = tokenizer.Encode("\n\n");

    public Tokenizer Tokenizer { get; } = tokenizer;

    public int ContextLength { get; } = contextLength >= 2
        ? contextLength
        : throw new ArgumentOutOfRangeException(nameof(contextLength), contextLength, "A sequence needs at least two tokens.");

    /// <summary>
    /// Conversation: BOS, then <c>header role end-header \n\n content eot</c> per turn; trained are contents of assistant turns and the
    /// eot after them. Instruction: BOS, prompt, response, EOS without any template; trained are response and EOS.
    /// </summary>
    public EncodedExample Encode(DatasetItem item)
    {
        var tokens = item switch
        {
            ChatExample chat => Conversation(chat.Messages),
            InstructionExample instruction => Instruction(instruction),
            _ => throw new ArgumentException($"{item.GetType().Name} is packed, not encoded.", nameof(item)),
        };
        var isTruncated = tokens.Count > ContextLength;
        var sequence = tokens.ToSequence(ContextLength);
        return sequence.TrainedCount > 0
            ? new EncodedExample(sequence, isTruncated, null) { Length = tokens.Count }
            : new EncodedExample(null, isTruncated, DropReasons.NothingTrained) { Length = tokens.Count };
    }

    /// <summary>What a conversation looks like before the assistant's next turn.</summary>
    public int[] EncodePrompt(IReadOnlyList<ChatMessage> messages)
    {
        var tokens = Conversation(messages);
        AddHeader(tokens, "assistant");
        return tokens.Tokens;
    }

    /// <summary>What an instruction looks like before its response.</summary>
    public int[] EncodePrompt(string prompt)
    {
        var tokens = Begin();
        tokens.Add(Tokenizer.Encode(prompt), trained: false);
        return tokens.Tokens;
    }

    private MaskedTokens Conversation(IReadOnlyList<ChatMessage> messages)
    {
        var template = chatTemplate ?? throw new InvalidOperationException("This encoder has no chat template.");
        var tokens = Begin();
        foreach (var block in template.Render(messages))
        {
            AddHeader(tokens, block.Header);
            tokens.Add(Tokenizer.Encode(block.Text), block.Trained);
            tokens.Add(endOfTurn, block.Trained);
        }

        return tokens;
    }

    private MaskedTokens Instruction(InstructionExample example)
    {
        var tokens = Begin();
        tokens.Add(Tokenizer.Encode(example.Prompt), trained: false);
        tokens.Add(Tokenizer.Encode(example.Response), trained: true);
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

    private void AddHeader(MaskedTokens tokens, string role)
    {
        tokens.Add(startHeader, trained: false);
        tokens.Add(Tokenizer.Encode(role), trained: false);
        tokens.Add(endHeader, trained: false);
        tokens.Add(blankLine, trained: false);
    }

    internal static int RequireEos(Tokenizer tokenizer) => tokenizer.EosId ?? throw new FaultException(new Fault(
        Tokenizer.LoadPhase,
        FaultAttribution.Caller,
        "tokenizer_invalid",
        $"{TokenizerConfig.FileName}: eos_token is missing, and without it a model never learns to stop; add it.",
        TokenizerConfig.FileName,
        Field: "eos_token"));
}
