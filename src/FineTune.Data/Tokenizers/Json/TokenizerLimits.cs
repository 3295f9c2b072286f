namespace FineTune.Data.Tokenizers.Json;

/// <summary>Bounds beyond which a tokenizer file is taken for damaged.</summary>
internal static class TokenizerLimits
{
    /// <summary>Ids are below this; the largest published vocabularies have about 2^18.</summary>
    public const int Ids = 1 << 22;

    /// <summary>Longest tokenizer.json in bytes; the largest published ones are about 35 MB.</summary>
    public const long FileBytes = 256L << 20;
}
