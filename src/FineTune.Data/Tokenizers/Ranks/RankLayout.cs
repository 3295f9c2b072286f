namespace FineTune.Data.Tokenizers.Ranks;

/// <summary>What a rank file doesn't say: the control tokens behind its own.</summary>
/// <param name="Bos">The token that begins every sequence, if the model has one.</param>
internal sealed record RankLayout(IReadOnlyList<AddedToken> Added, string? Bos)
{
    private const int Llama3Tokens = 128_000;
    private const int Cl100kTokens = 100_256;

    /// <summary>As Hugging Face names Llama 3.1's (and 3.2's and 3.3's); 3.0 has reserved tokens in place of some.</summary>
    private static readonly string[] Llama3Names =
    [
        Tokenizers.Llama3Tokens.BeginOfText, Tokenizers.Llama3Tokens.EndOfText, Reserved(0), Reserved(1), Tokenizers.Llama3Tokens.Pad, Reserved(2),
        Tokenizers.Llama3Tokens.StartHeader, Tokenizers.Llama3Tokens.EndHeader, "<|eom_id|>", Tokenizers.Llama3Tokens.EndOfTurn, "<|python_tag|>",
        .. Enumerable.Range(3, 245).Select(Reserved),
    ];

    /// <summary>Known by their number of tokens: Llama 3's, and cl100k_base, which is DBRX's. Both cut text by the same pattern.</summary>
    public static RankLayout? Known(int tokens) => tokens switch
    {
        Llama3Tokens => new([.. Llama3Names.Select((name, index) => new AddedToken(Llama3Tokens + index, name, Special: true))], Tokenizers.Llama3Tokens.BeginOfText),
        Cl100kTokens => new(
            [
                new(100_257, "<|endoftext|>", Special: true), new(100_258, "<|fim_prefix|>", Special: true), new(100_259, "<|fim_middle|>", Special: true),
                new(100_260, "<|fim_suffix|>", Special: true), new(100_276, "<|endofprompt|>", Special: true),
            ],
            null),
        _ => null,
    };

    private static string Reserved(int number) => $"<|reserved_special_token_{number}|>";
}
