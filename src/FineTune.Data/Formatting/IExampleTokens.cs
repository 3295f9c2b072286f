using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>Takes an example's tokens in order, each with whether it is trained on.</summary>
internal interface IExampleTokens
{
    void Add(int token, bool trained);

    /// <summary>Adds the tokens of <paramref name="text"/>, as <see cref="Tokenizer.Encode(string, TextPosition)"/> gives them.</summary>
    void Add(Tokenizer tokenizer, ReadOnlySpan<char> text, TextPosition position, bool trained);

    /// <inheritdoc cref="Add(Tokenizer, ReadOnlySpan{char}, TextPosition, bool)"/>
    void Add(Tokenizer tokenizer, ReadOnlySpan<byte> utf8, TextPosition position, bool trained);
}
