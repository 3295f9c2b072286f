using FineTune.Data.Tokenizers.Json;

namespace FineTune.Data.Tokenizers;

/// <summary>A trained vocabulary: the 256 bytes, then one token per merge.</summary>
/// <param name="Tokens">By id.</param>
/// <param name="Merges">By rank; ids of the parts. The result of merge r is token 256 + r.</param>
public sealed record BpeVocabulary(IReadOnlyList<byte[]> Tokens, IReadOnlyList<(int Left, int Right)> Merges)
{
    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c> into <paramref name="directory"/>.</summary>
    public void Save(string directory, BpeTrainerOptions options) => TokenizerJsonWriter.Write(directory, this, options);
}
