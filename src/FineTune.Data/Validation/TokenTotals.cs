using System.Numerics;

namespace FineTune.Data.Validation;

/// <summary>Counts tokens of examples. Not for concurrent use; totals of parts add up.</summary>
internal sealed class TokenTotals
{
    /// <summary>Upper bounds double: 16, 32, … 1,048,576 and beyond.</summary>
    private readonly long[] buckets = new long[18];

    public long Tokens { get; private set; }

    public long TrainedTokens { get; private set; }

    public long Examples { get; private set; }

    public long Truncated { get; private set; }

    public long TruncatedTokens { get; private set; }

    public long Dropped { get; private set; }

    public long Longest { get; private set; }

    /// <param name="length">Of the whole example.</param>
    /// <param name="kept">Of what fits the context; 0 when the example is dropped.</param>
    public void Add(long length, long kept, long trained)
    {
        Examples++;
        Tokens += kept;
        TrainedTokens += trained;
        Longest = Math.Max(Longest, length);
        Dropped += kept == 0 ? 1 : 0;
        if (kept < length && kept > 0)
        {
            Truncated++;
            TruncatedTokens += length - kept;
        }

        buckets[Bucket(length)]++;
    }

    public void Add(TokenTotals part)
    {
        Examples += part.Examples;
        Tokens += part.Tokens;
        TrainedTokens += part.TrainedTokens;
        Truncated += part.Truncated;
        TruncatedTokens += part.TruncatedTokens;
        Dropped += part.Dropped;
        Longest = Math.Max(Longest, part.Longest);
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] += part.buckets[i];
        }
    }

    /// <summary>From the first bucket with an example to the last one.</summary>
    public IReadOnlyList<LengthBucket> Histogram()
    {
        var first = Array.FindIndex(buckets, count => count > 0);
        var last = Array.FindLastIndex(buckets, count => count > 0);
        return first < 0 ? [] : [.. Enumerable.Range(first, last - first + 1).Select(i => new LengthBucket(16L << i, buckets[i]))];
    }

    private int Bucket(long length) => Math.Clamp(BitOperations.Log2((ulong)Math.Max(1, length - 1)) - 3, 0, buckets.Length - 1);
}
