using System.Numerics;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// The symbols of a piece while its pairs merge: the pair of the lowest rank first, the leftmost of equals, until no pair has a rank
/// (Sennrich et al. 2016). O(n log n); buffers grow to the longest piece seen and are reused.
/// </summary>
internal sealed class Symbols
{
    private readonly RankTree ranks = new();
    private int[] ids = new int[64];
    private int[] starts = new int[64];
    private int[] previous = new int[64];
    private int[] next = new int[64];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    /// <summary>Where each begins in the text, in bytes.</summary>
    public ReadOnlySpan<int> Starts => starts.AsSpan(0, Count);

    /// <summary>Forgets all symbols and makes room for <paramref name="most"/>.</summary>
    public void Begin(int most)
    {
        Count = 0;
        if (most > ids.Length)
        {
            var room = (int)BitOperations.RoundUpToPowerOf2((uint)most);
            (ids, starts, previous, next) = (new int[room], new int[room], new int[room], new int[room]);
        }
    }

    public void Add(int id, int start)
    {
        (ids[Count], starts[Count]) = (id, start);
        Count++;
    }

    /// <summary>A doubly linked list: a merged pair lives on at its left end; the right end, and the last symbol, have no rank.</summary>
    public void Merge(MergeTable table)
    {
        if (Count < 2)
        {
            return;
        }

        FindPairs(table);
        var (ids, previous, next, pairs) = (this.ids, this.previous, this.next, ranks.Ranks);
        while (ranks.First(out var rank) is var left && rank != MergeTable.None)
        {
            var (before, right) = (previous[left], next[left]);
            var after = next[right];
            ids[left] = table.Result(rank);
            next[left] = after;
            pairs[right] = MergeTable.None;
            pairs[left] = MergeTable.None;
            if (after < Count)
            {
                previous[after] = left;
                pairs[left] = table.Find(ids[left], ids[after]);
            }

            if (before >= 0)
            {
                pairs[before] = table.Find(ids[before], ids[left]);
                if (!RankTree.Together(before, left))
                {
                    ranks.Changed(before);
                }
            }

            ranks.Changed(left);
            if (!RankTree.Together(left, right))
            {
                ranks.Changed(right);
            }
        }

        var kept = 0;
        for (var i = 0; i < Count; i = next[i], kept++)
        {
            (ids[kept], starts[kept]) = (ids[i], starts[i]);
        }

        Count = kept;
    }

    private void FindPairs(MergeTable table)
    {
        ranks.Begin(Count);
        var pairs = ranks.Ranks;
        for (var i = 0; i < Count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
            pairs[i] = i + 1 < Count ? table.Find(ids[i], ids[i + 1]) : MergeTable.None;
        }

        ranks.Build(Count);
    }
}
