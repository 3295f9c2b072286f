namespace FineTune.Data.Tokenizers;

/// <summary>Token ids being collected; reuse one to encode many texts without garbage.</summary>
public sealed class TokenBuffer(int capacity = 256)
{
    private int[] ids = new int[capacity];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    public void Add(int id)
    {
        if (Count == ids.Length)
        {
            Grow(1);
        }

        ids[Count++] = id;
    }

    public void Add(ReadOnlySpan<int> more)
    {
        if (more.Length > ids.Length - Count)
        {
            Grow(more.Length);
        }

        more.CopyTo(ids.AsSpan(Count));
        Count += more.Length;
    }

    public void Clear() => Count = 0;

    /// <summary>Forgets all but the first <paramref name="count"/> ids.</summary>
    internal void Truncate(int count) => Count = count;

    private void Grow(int more) => Array.Resize(ref ids, Math.Max(ids.Length * 2, Count + more));
}
