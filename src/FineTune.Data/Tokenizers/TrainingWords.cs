using System.Runtime.InteropServices;
using System.Text;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// The distinct pieces of a training text as token ids, with the frequency of every adjacent pair. A merge touches only the pieces that
/// hold the pair.
/// </summary>
internal sealed class TrainingWords
{
    private readonly List<(List<int> Ids, long Count)> words = [];
    private readonly Dictionary<(int Left, int Right), long> frequencies = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> holders = [];
    private readonly PriorityQueue<(int Left, int Right), (long Negative, int Left, int Right)> queue = new();

    public TrainingWords(IReadOnlyDictionary<string, long> counts)
    {
        foreach (var (piece, count) in counts)
        {
            words.Add(([.. Encoding.UTF8.GetBytes(piece).Select(value => (int)value)], count));
            Add(words.Count - 1, sign: 1);
        }

        foreach (var pair in frequencies.Keys)
        {
            Enqueue(pair);
        }
    }

    /// <summary>The pair to merge next, or null when none occurs <paramref name="minimum"/> times. It isn't offered again.</summary>
    public (int Left, int Right)? TakeMostFrequent(long minimum)
    {
        while (queue.TryDequeue(out var pair, out var priority))
        {
            var frequency = frequencies.GetValueOrDefault(pair);
            if (frequency == -priority.Negative)
            {
                return frequency >= minimum ? pair : null;
            }

            // Merges since it was queued took some of its occurrences; frequencies never grow.
            Enqueue(pair);
        }

        return null;
    }

    /// <summary>Replaces <paramref name="pair"/> by <paramref name="id"/>, from left to right, in every piece.</summary>
    public void Merge((int Left, int Right) pair, int id)
    {
        var created = new HashSet<(int Left, int Right)>();
        foreach (var word in holders[pair].ToList())
        {
            Add(word, sign: -1);
            var ids = words[word].Ids;
            var kept = 0;
            for (var i = 0; i < ids.Count; i++)
            {
                var matches = i + 1 < ids.Count && ids[i] == pair.Left && ids[i + 1] == pair.Right;
                ids[kept++] = matches ? id : ids[i];
                i += matches ? 1 : 0;
            }

            ids.RemoveRange(kept, ids.Count - kept);
            Add(word, sign: 1);
            created.UnionWith(Pairs(ids).Where(other => other.Left == id || other.Right == id));
        }

        foreach (var other in created)
        {
            Enqueue(other);
        }
    }

    private void Add(int word, int sign)
    {
        foreach (var pair in Pairs(words[word].Ids))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(frequencies, pair, out _) += sign * words[word].Count;
            ref var holding = ref CollectionsMarshal.GetValueRefOrAddDefault(holders, pair, out _);
            holding ??= [];
            _ = sign > 0 ? holding.Add(word) : holding.Remove(word);
        }
    }

    private void Enqueue((int Left, int Right) pair)
    {
        if (frequencies[pair] > 0)
        {
            queue.Enqueue(pair, (-frequencies[pair], pair.Left, pair.Right));
        }
    }

    private static IEnumerable<(int Left, int Right)> Pairs(List<int> ids)
    {
        for (var i = 0; i + 1 < ids.Count; i++)
        {
            yield return (ids[i], ids[i + 1]);
        }
    }
}
