namespace FineTune.Data.Tokenizers;

/// <summary>What <c>tokenizer.json</c> says, ready for use.</summary>
/// <param name="TokenBytes">By id; null for ids that name no token.</param>
/// <param name="Ids">By the token's name as the file spells it.</param>
/// <param name="TemplateBosId">The token that the post-processor puts first, if any.</param>
internal sealed record TokenizerParts(
    BpeModel Model,
    PreTokenizer PreTokenizer,
    byte[]?[] TokenBytes,
    Dictionary<string, int> Ids,
    IReadOnlyList<AddedToken> AddedTokens,
    int? TemplateBosId);
