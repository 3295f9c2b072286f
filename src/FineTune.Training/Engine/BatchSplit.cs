using FineTune.Core.Training;

namespace FineTune.Training.Engine;

/// <summary>
/// Gives the sequences of a micro-batch to shards: the longest first, each to the shard with the fewest positions so far (Graham,
/// "Bounds on multiprocessing timing anomalies", 1969). A function of the batch alone.
/// </summary>
internal sealed class BatchSplit(int shards)
{
    private readonly int[] loads = new int[shards];
    private int[] lengths = [];
    private int[] order = [];
    private int[] shardOf = [];

    /// <summary>Shard of each row.</summary>
    public ReadOnlySpan<int> ShardOf => shardOf;

    /// <summary>Splits, or leaves everything to shard 0 when shards would idle for half of the time.</summary>
    /// <returns>Whether it was split.</returns>
    public bool Split(MicroBatch batch)
    {
        if (shardOf.Length < batch.Rows)
        {
            (lengths, order, shardOf) = (new int[batch.Rows], new int[batch.Rows], new int[batch.Rows]);
        }

        var total = 0;
        for (var row = 0; row < batch.Rows; row++)
        {
            (order[row], shardOf[row]) = (row, 0);
            total += lengths[row] = PackedBatch.UsedLength(batch, row);
        }

        Assign(batch.Rows);
        if (loads.Max() * (long)loads.Length < 2L * total)
        {
            return loads.Length > 1;
        }

        shardOf.AsSpan().Clear();
        return false;
    }

    private void Assign(int rows)
    {
        loads.AsSpan().Clear();
        order.AsSpan(0, rows).Sort((left, right) => lengths[left] != lengths[right] ? lengths[right] - lengths[left] : left - right);
        foreach (var row in order.AsSpan(0, rows))
        {
            var shard = loads.AsSpan().IndexOf(loads.Min());
            shardOf[row] = shard;
            loads[shard] += lengths[row];
        }
    }
}
