using FineTune.Data.Tokenizers.Merging;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>Bounds beyond which a tokenizer file is taken for damaged.</summary>
internal static class TokenizerLimits
{
    /// <summary>Ids are below this; the largest published vocabularies have about 2^18.</summary>
    public const int Ids = MergeTable.Ids;

    /// <summary>Longest tokenizer.json in bytes; the largest published ones are about 35 MB.</summary>
    public const long FileBytes = 256L << 20;

    /// <summary>Longest file of tiktoken ranks in bytes; the largest published ones are about 4 MB.</summary>
    public const long RankFileBytes = 16L << 20;

    /// <summary>Longest token of a rank file in bytes; the longest published ones are 128 spaces.</summary>
    public const int TokenBytes = 256;

    /// <summary>Pairs of tokens that merge; the largest published files have about half a million.</summary>
    public const int Merges = MergeTable.Ranks;
}
