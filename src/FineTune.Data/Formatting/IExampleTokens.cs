using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>Takes an example's tokens in order, each with whether it is trained on.</summary>
internal interface IExampleTokens
{
    void Add(int token, bool trained);

    /// <summary>Adds the tokens of text, as <see cref="Tokenizer.Encode(string, TextPosition)"/> gives them.</summary>
    /// <param name="utf8">Valid UTF-8.</param>
    void Add(ReadOnlySpan<byte> utf8, TextPosition position, bool trained);
}
