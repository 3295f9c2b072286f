namespace FineTune.Data.Tokenizers;

/// <summary>Published and own patterns of pre-tokenizers.</summary>
public static class PreTokenizerPatterns
{
    /// <summary>What <c>ByteLevel</c> with <c>use_regex</c> stands for (GPT-2).</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Llama 3, 3.1, 3.2 and 3.3.</summary>
    public const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>
    /// Words without the space before them; digits, punctuation and spaces one by one. A name is then the same tokens in running text,
    /// at the start of a line and inside JSON quotes, which a model too small to learn the variants needs.
    /// </summary>
    public const string Separate = @"\p{L}+|\p{N}|[^\s\p{L}\p{N}]|\s";

    /// <summary>Hugging Face's <c>Digits</c>, together or one by one.</summary>
    internal const string Digits = @"\p{N}+";

    internal const string SingleDigits = @"\p{N}";

    /// <summary>Hugging Face's <c>Punctuation</c>: Unicode's, and all of ASCII's that Unicode calls symbols.</summary>
    internal const string Punctuation = @"[\p{P}\x24+<=>^`|~]";
}
