using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels;

namespace FineTune.Training.Tests.Engine;

public sealed unsafe class PackedBatchTests
{
    private const int No = MicroBatch.Ignored;

    [Fact]
    public void Pack_RowsOfDifferentUse_LieOneAfterAnotherUpToTheirLastLabel()
    {
        var batch = new MicroBatch(3, 4, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [No, 22, No, No, No, No, No, No, 29, No, 31, No]);
        using var packed = new PackedBatch();
        packed.Pack(batch, [0, 0, 0], 0);
        Assert.Equal([1, 2, 9, 10, 11], new ReadOnlySpan<int>(packed.Tokens, packed.Count));
        Assert.Equal([0, 1, 0, 1, 2], new ReadOnlySpan<int>(packed.Positions, packed.Count));
        Assert.Equal([1, 2, 4], new ReadOnlySpan<int>(packed.Labelled, packed.LabelCount));
        Assert.Equal([22, 29, 31], new ReadOnlySpan<int>(packed.Labels, packed.LabelCount));
        Assert.Equal((2, 3), (packed.Segments.Count, packed.Longest));
        Assert.Equal([new Segment(0, 2), new Segment(2, 3)], [packed.Segments[0], packed.Segments[1]]);
    }

    [Fact]
    public void Pack_OfAShard_TakesItsRowsOnly()
    {
        var batch = new MicroBatch(3, 1, [1, 2, 3], [4, 5, 6]);
        using var packed = new PackedBatch();
        packed.Pack(batch, [1, 0, 1], 1);
        Assert.Equal([1, 3], new ReadOnlySpan<int>(packed.Tokens, packed.Count));
        Assert.Equal([4, 6], new ReadOnlySpan<int>(packed.Labels, packed.LabelCount));
    }
}
