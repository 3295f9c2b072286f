using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// Byte-pair encoding of one piece of text (Sennrich et al. 2016; on bytes as in GPT-2): of all adjacent pairs the one with the lowest
/// rank is merged first, the leftmost of equals, until no pair has a rank. O(n log n) in the piece's bytes. Safe for concurrent use.
/// </summary>
internal sealed class BpeModel(int[] byteIds, IReadOnlyDictionary<(int Left, int Right), (int Rank, int Id)> merges, Dictionary<string, int>? whole)
{
    private const int CachedLength = 64;
    private const int CacheCapacity = 1 << 16;

    private readonly ConcurrentDictionary<string, int[]> cache = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>>? wholeLookup =
        whole?.GetAlternateLookup<ReadOnlySpan<char>>();

    private int cached;

    /// <summary>Appends the ids of <paramref name="piece"/>.</summary>
    public void Append(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > CachedLength)
        {
            ids.AddRange(Encode(piece));
            return;
        }

        var lookup = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(piece, out var known))
        {
            known = Encode(piece);
            if (Volatile.Read(ref cached) < CacheCapacity && lookup.TryAdd(piece, known))
            {
                Interlocked.Increment(ref cached);
            }
        }

        ids.AddRange(known);
    }

    private int[] Encode(ReadOnlySpan<char> piece)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        try
        {
            var utf8 = bytes.AsSpan(0, Encoding.UTF8.GetBytes(piece, bytes));
            return FindWhole(utf8) is { } id ? [id] : Merge(utf8);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>With <c>ignore_merges</c> a piece that is a token is that token, whether merges lead to it or not.</summary>
    private int? FindWhole(ReadOnlySpan<byte> utf8)
    {
        if (wholeLookup is not { } lookup)
        {
            return null;
        }

        var key = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            Encoding.Latin1.GetChars(utf8, key);
            return lookup.TryGetValue(key.AsSpan(0, utf8.Length), out var id) ? id : null;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(key);
        }
    }

    private int[] Merge(ReadOnlySpan<byte> utf8)
    {
        var count = utf8.Length;
        var symbols = new int[count];
        for (var i = 0; i < count; i++)
        {
            symbols[i] = byteIds[utf8[i]];
        }

        if (count < 2)
        {
            return symbols;
        }

        // A doubly linked list over the bytes: a merged pair lives on at its left end, the right end becomes Gone.
        const int Gone = -1;
        var (previous, next) = (new int[count], new int[count]);
        var candidates = new PriorityQueue<int, (int Rank, int Position)>();
        for (var i = 0; i < count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1);
            Offer(i);
        }

        while (candidates.TryDequeue(out var left, out var candidate))
        {
            if (symbols[left] == Gone || next[left] == count
                || !merges.TryGetValue((symbols[left], symbols[next[left]]), out var merge) || merge.Rank != candidate.Rank)
            {
                continue;
            }

            var right = next[left];
            (symbols[left], symbols[right], next[left]) = (merge.Id, Gone, next[right]);
            if (next[left] < count)
            {
                previous[next[left]] = left;
            }

            Offer(left);
            if (previous[left] >= 0)
            {
                Offer(previous[left]);
            }
        }

        return [.. symbols.Where(symbol => symbol != Gone)];

        void Offer(int left)
        {
            var right = left < count ? next[left] : count;
            if (right < count && merges.TryGetValue((symbols[left], symbols[right]), out var merge))
            {
                candidates.Enqueue(left, (merge.Rank, left));
            }
        }
    }
}
