namespace FineTune.Data.Tokenizers.Merging;

/// <summary>Turns text into the symbols that merging begins with.</summary>
internal interface IAlphabet
{
    /// <summary>
    /// Adds the symbols of <paramref name="text"/> from byte <paramref name="start"/> on, until it ends or there are
    /// <paramref name="limit"/> of them or a few more; returns where reading stopped.
    /// </summary>
    int Read(ReadOnlySpan<byte> text, int start, Symbols symbols, int limit);
}

/// <summary>Every byte is a symbol (byte-level BPE).</summary>
/// <param name="ids">By byte.</param>
internal sealed class ByteAlphabet(int[] ids) : IAlphabet
{
    public int Read(ReadOnlySpan<byte> text, int start, Symbols symbols, int limit)
    {
        while (start < text.Length && symbols.Count < limit)
        {
            symbols.Add(ids[text[start]], start);
            start++;
        }

        return start;
    }
}
