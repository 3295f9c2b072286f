using FineTune.Core.Numerics;

namespace FineTune.Data.Tokens;

/// <summary>
/// Splits off sequences for evaluation when a run has no eval data. Which ones depends on seed and count only: those with the smallest
/// random numbers by index.
/// </summary>
public static class HoldOut
{
    /// <summary>Share that is held out.</summary>
    public const double Share = 0.05;

    /// <summary>More don't make the figures better but evaluation slower.</summary>
    public const int Maximum = 500;

    /// <summary>Keeps these draws apart from the run's other uses of its seed ("holdout").</summary>
    private const ulong Stream = 0x686F_6C64_6F75_74;

    /// <summary>Indices held out of <paramref name="count"/>: 5 %, at least one and at most 500; none of a single sequence.</summary>
    public static IReadOnlySet<long> Select(long count, int seed)
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

        return smallest.UnorderedItems.Select(item => item.Element).ToHashSet();
    }

    /// <summary>Copies <paramref name="source"/> into two directories of shards, each in the source's order.</summary>
    /// <returns>Sequences and tokens of both parts; eval has none, and no shard, when the source has a single sequence.</returns>
    public static HoldOutSummary Split(TokenShardSource source, int seed, string trainDirectory, string evalDirectory)
    {
        var heldOut = Select(source.Count, seed);
        using var train = new TokenShardWriter(trainDirectory, source.VocabularySize);
        using var eval = new TokenShardWriter(evalDirectory, source.VocabularySize);
        for (var index = 0L; index < source.Count; index++)
        {
            (heldOut.Contains(index) ? eval : train).Write(source.Read(index));
        }

        train.Complete();
        eval.Complete();
        return new HoldOutSummary(train.Sequences, train.Tokens, train.TrainedTokens, eval.Sequences, eval.Tokens, eval.TrainedTokens);
    }
}

/// <summary>Sizes of the two parts of a split.</summary>
public sealed record HoldOutSummary(
    long TrainSequences, long TrainTokens, long TrainTrainedTokens, long EvalSequences, long EvalTokens, long EvalTrainedTokens);
