using FineTune.Core.Numerics;
using FineTune.Core.Training;

namespace FineTune.Data.Tokens;

/// <summary>
/// Keeps sequences for evaluation when a run has no eval data. Which ones depends on seed and count only: those with the smallest random
/// numbers by index. Nothing is copied: both parts are views, so runs with other seeds share the tokens.
/// </summary>
public static class HoldOut
{
    /// <summary>Share that is held out.</summary>
    public const double Share = 0.05;

    /// <summary>More don't make the figures better but evaluation slower.</summary>
    public const int Maximum = 500;

    /// <summary>Keeps these draws apart from the run's other uses of its seed ("holdout").</summary>
    private const ulong Stream = 0x686F_6C64_6F75_74;

    /// <summary>Indices held out of <paramref name="count"/>, ascending: 5 %, at least one and at most 500; none of a single sequence.</summary>
    public static long[] Select(long count, int seed)
    {
        var wanted = count < 2 ? 0 : (int)Math.Clamp((long)(count * Share), 1, Maximum);
        var random = new CounterRandom((ulong)seed).Stream(Stream);

        // The greatest of the smallest comes out first; the index breaks ties.
        var smallest = new PriorityQueue<long, (ulong Draw, long Index)>(Comparer<(ulong, long)>.Create((x, y) => y.CompareTo(x)));
        for (var index = 0L; index < count && wanted > 0; index++)
        {
            smallest.Enqueue(index, (random.Bits((ulong)index), index));
            if (smallest.Count > wanted)
            {
                smallest.Dequeue();
            }
        }

        return [.. smallest.UnorderedItems.Select(item => item.Element).Order()];
    }

    /// <summary>The two parts of <paramref name="source"/>, each in its order; they live as long as it does.</summary>
    public static (ISequenceSource Train, ISequenceSource Eval) Split(ISequenceSource source, int seed)
    {
        var heldOut = Select(source.Count, seed);
        return (new View(source, source.Count - heldOut.Length, index => Skip(heldOut, index)), new View(source, heldOut.Length, index => heldOut[index]));
    }

    /// <summary>The <paramref name="index"/>th of the indices that are not held out.</summary>
    private static long Skip(long[] heldOut, long index)
    {
        // heldOut[i] - i indices before the ith held out one are kept.
        var (low, high) = (0, heldOut.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = heldOut[middle] - middle <= index ? (middle + 1, high) : (low, middle);
        }

        return index + low;
    }

    private sealed class View(ISequenceSource source, long count, Func<long, long> map) : ISequenceSource
    {
        private long? totalTokens;

        public long Count => count;

        public long TotalTokens => totalTokens ??= Sum();

        public TokenSequence Read(long index) => source.Read(Map(index));

        public int LengthOf(long index) => source.LengthOf(Map(index));

        public SequenceOrigin? OriginOf(long index) => source.OriginOf(Map(index));

        public void Dispose()
        {
        }

        private long Map(long index)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
            return map(index);
        }

        private long Sum()
        {
            var sum = 0L;
            for (var index = 0L; index < count; index++)
            {
                sum += LengthOf(index);
            }

            return sum;
        }
    }
}
