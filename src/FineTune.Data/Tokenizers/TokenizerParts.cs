using FineTune.Data.Tokenizers.Merging;
using FineTune.Data.Tokenizers.Pieces;

namespace FineTune.Data.Tokenizers;

/// <summary>What <c>tokenizer.json</c> says, ready for use.</summary>
/// <param name="Spaces">Null for byte-level models.</param>
/// <param name="TokenBytes">By id; null for ids that name no token.</param>
/// <param name="Ids">By the token's name as the file spells it.</param>
/// <param name="TemplateBosId">The token that the post-processor puts first, if any.</param>
internal sealed record TokenizerParts(
    BpeModel Model,
    IPieceScanner Scanner,
    SpaceRule? Spaces,
    byte[]?[] TokenBytes,
    Dictionary<string, int> Ids,
    IReadOnlyList<AddedToken> AddedTokens,
    int? TemplateBosId);
