namespace FineTune.Data.Tokenizers;

/// <summary>How a tokenizer is trained; the defaults are those of <c>finetune/tiny-llama</c>.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Upper bound; fewer when no pair is left that occurs often enough.</summary>
    public int Merges { get; init; } = 1000;

    /// <summary>Pairs that occur less often are never merged.</summary>
    public int MinimumFrequency { get; init; } = 2;

    /// <summary>Pre-tokenizer pattern; merges never cross its matches.</summary>
    public string Pattern { get; init; } = PreTokenizerPatterns.Separate;

    /// <summary>Pieces that are tokens skip the merges (<c>ignore_merges</c>).</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Control tokens; their ids follow the vocabulary in this order.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = Llama3Tokens.All;

    public string BosToken { get; init; } = Llama3Tokens.BeginOfText;

    public string EosToken { get; init; } = Llama3Tokens.EndOfText;

    public string PadToken { get; init; } = Llama3Tokens.Pad;

    /// <summary>Longest sequence, recorded for other programs.</summary>
    public int ModelMaxLength { get; init; } = 2048;
}
