using FineTune.Core.Training;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>Token ids under construction, each with whether it is trained on.</summary>
internal sealed class MaskedTokens(Tokenizer tokenizer) : IExampleTokens
{
    private readonly TokenBuffer tokens = new();
    private bool[] mask = new bool[256];

    public int Count => tokens.Count;

    public int[] Tokens => tokens.Ids.ToArray();

    public void Add(int token, bool trained)
    {
        tokens.Add(token);
        Mark(tokens.Count - 1, trained);
    }

    public void Add(ReadOnlySpan<byte> utf8, TextPosition position, bool trained)
    {
        var first = tokens.Count;
        tokenizer.Encode(utf8, tokens, position);
        Mark(first, trained);
    }

    /// <summary>The first <paramref name="maximum"/> tokens.</summary>
    public TokenSequence ToSequence(int maximum)
    {
        var length = Math.Min(maximum, tokens.Count);
        return new TokenSequence(tokens.Ids[..length].ToArray(), mask[..length]);
    }

    private void Mark(int first, bool trained)
    {
        if (mask.Length < tokens.Count)
        {
            Array.Resize(ref mask, Math.Max(tokens.Count, 2 * mask.Length));
        }

        mask.AsSpan(first, tokens.Count - first).Fill(trained);
    }
}
