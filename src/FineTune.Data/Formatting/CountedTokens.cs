using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>Counts an example's tokens without collecting them.</summary>
internal sealed class CountedTokens(int contextLength) : IExampleTokens
{
    public int Count { get; private set; }

    /// <summary>Those that are trained on among the first ones, as many as fit the context.</summary>
    public int Trained { get; private set; }

    public void Add(int token, bool trained) => Take(1, trained);

    public void Add(Tokenizer tokenizer, ReadOnlySpan<char> text, TextPosition position, bool trained) =>
        Take(tokenizer.Count(text, position), trained);

    public void Add(Tokenizer tokenizer, ReadOnlySpan<byte> utf8, TextPosition position, bool trained) =>
        Take(tokenizer.Count(utf8, position), trained);

    /// <summary>The first token of a sequence is never trained on: nothing precedes it.</summary>
    private void Take(int more, bool trained)
    {
        var (first, end) = (Math.Max(Count, 1), Math.Min(Count + more, contextLength));
        Trained += trained ? Math.Max(end - first, 0) : 0;
        Count += more;
    }
}
