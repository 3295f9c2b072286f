namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// The symbols of a piece while its pairs merge: the pair of the lowest rank first, the leftmost of equals, until no pair has a rank
/// (Sennrich et al. 2016). O(n log n) for long pieces; buffers grow to the longest one seen and are reused.
/// </summary>
internal sealed class Symbols
{
    /// <summary>Up to here looking at every pair is faster than keeping a heap.</summary>
    private const int Few = 48;

    private int[] ids = new int[Few];
    private int[] starts = new int[Few];
    private ulong[] merges = new ulong[Few];
    private int[] previous = [];
    private int[] next = [];
    private readonly PriorityQueue<int, ulong> candidates = new();

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => ids.AsSpan(0, Count);

    /// <summary>Where each begins in the text, in bytes.</summary>
    public ReadOnlySpan<int> Starts => starts.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(int id, int start)
    {
        if (Count == ids.Length)
        {
            Array.Resize(ref ids, Count * 2);
            Array.Resize(ref starts, Count * 2);
            Array.Resize(ref merges, Count * 2);
        }

        (ids[Count], starts[Count]) = (id, start);
        Count++;
    }

    public void Merge(MergeTable table)
    {
        for (var i = 0; i + 1 < Count; i++)
        {
            merges[i] = table.Find(ids[i], ids[i + 1]);
        }

        if (Count <= Few)
        {
            MergeFew(table);
        }
        else
        {
            MergeMany(table);
        }
    }

    private void MergeFew(MergeTable table)
    {
        while (Count > 1)
        {
            var (best, at) = (MergeTable.None, 0);
            for (var i = 0; i + 1 < Count; i++)
            {
                if (merges[i] < best)
                {
                    (best, at) = (merges[i], i);
                }
            }

            if (best == MergeTable.None)
            {
                return;
            }

            ids[at] = (int)(uint)best;
            Count--;
            var moved = Count - at - 1;
            ids.AsSpan(at + 2, moved).CopyTo(ids.AsSpan(at + 1));
            starts.AsSpan(at + 2, moved).CopyTo(starts.AsSpan(at + 1));
            merges.AsSpan(at + 1, moved).CopyTo(merges.AsSpan(at));
            if (at > 0)
            {
                merges[at - 1] = table.Find(ids[at - 1], ids[at]);
            }

            if (at + 1 < Count)
            {
                merges[at] = table.Find(ids[at], ids[at + 1]);
            }
        }
    }

    /// <summary>A doubly linked list: a merged pair lives on at its left end; the right end, and the last symbol, have no merge.</summary>
    private void MergeMany(MergeTable table)
    {
        if (next.Length < Count)
        {
            (previous, next) = (new int[ids.Length], new int[ids.Length]);
        }

        merges[Count - 1] = MergeTable.None;
        for (var i = 0; i < Count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
            Offer(i);
        }

        while (candidates.TryDequeue(out var left, out var candidate))
        {
            if (merges[left] >> 32 != candidate >> 32)
            {
                continue;
            }

            var right = next[left];
            (ids[left], merges[right], next[left]) = ((int)(uint)merges[left], MergeTable.None, next[right]);
            if (next[left] < Count)
            {
                previous[next[left]] = left;
            }

            Update(left, table);
            if (previous[left] >= 0)
            {
                Update(previous[left], table);
            }
        }

        var kept = 0;
        for (var i = 0; i < Count; i = next[i], kept++)
        {
            (ids[kept], starts[kept]) = (ids[i], starts[i]);
        }

        Count = kept;
    }

    private void Update(int left, MergeTable table)
    {
        merges[left] = next[left] < Count ? table.Find(ids[left], ids[next[left]]) : MergeTable.None;
        Offer(left);
    }

    private void Offer(int left)
    {
        if (merges[left] != MergeTable.None)
        {
            candidates.Enqueue(left, (merges[left] & 0xFFFF_FFFF_0000_0000) | (uint)left);
        }
    }
}
