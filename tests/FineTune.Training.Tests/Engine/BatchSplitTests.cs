using FineTune.Core.Training;
using FineTune.Training.Engine;

namespace FineTune.Training.Tests.Engine;

public sealed class BatchSplitTests
{
    [Fact]
    public void Split_DifferentLengths_BalancesThePositions()
    {
        var split = new BatchSplit(2);
        Assert.True(split.Split(Batch(8, 3, 5, 5, 1)));
        Assert.Equal([0, 0, 1, 1, 1], split.ShardOf[..5]);
    }

    [Fact]
    public void Split_OneLongSequence_LeavesAllInTheFirstShard()
    {
        var split = new BatchSplit(2);
        Assert.True(split.Split(Batch(4, 4)));
        Assert.False(split.Split(Batch(9)));
        Assert.False(new BatchSplit(3).Split(Batch(9, 1)));
        Assert.Equal(0, split.ShardOf[0]);
    }

    private static MicroBatch Batch(params int[] lengths)
    {
        var width = lengths.Max();
        int[] labels = [.. lengths.SelectMany(length => Enumerable.Range(0, width).Select(i => i < length ? 1 : MicroBatch.Ignored))];
        return new MicroBatch(lengths.Length, width, new int[labels.Length], labels);
    }
}
