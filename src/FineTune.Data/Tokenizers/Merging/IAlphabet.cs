namespace FineTune.Data.Tokenizers.Merging;

/// <summary>Turns text into the symbols that merging begins with.</summary>
internal interface IAlphabet
{
    /// <summary>Puts the symbols of <paramref name="text"/> into <paramref name="symbols"/>.</summary>
    void Read(ReadOnlySpan<byte> text, Symbols symbols);
}

/// <summary>Every byte is a symbol (byte-level BPE).</summary>
/// <param name="ids">By byte.</param>
internal sealed class ByteAlphabet(int[] ids) : IAlphabet
{
    public void Read(ReadOnlySpan<byte> text, Symbols symbols)
    {
        symbols.Begin(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            symbols.Add(ids[text[i]], i);
        }
    }
}
