using FineTune.Core.Training;
using FineTune.Data.Tokens;

namespace FineTune.Data.Tests.Tokens;

public sealed class HoldOutTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(39, 1)]
    [InlineData(40, 2)]
    [InlineData(10_000, 500)]
    [InlineData(100_000, 500)]
    public void Select_Count_TakesFivePercentWithinBounds(long count, int expected)
    {
        var selected = HoldOut.Select(count, seed: 17);

        Assert.Equal(expected, selected.Length);
        Assert.All(selected, index => Assert.InRange(index, 0, count - 1));
    }

    [Fact]
    public void Select_Seed_DecidesTheChoice()
    {
        Assert.Equal(HoldOut.Select(1000, 1).Order(), HoldOut.Select(1000, 1).Order());
        Assert.NotEqual(HoldOut.Select(1000, 1).Order(), HoldOut.Select(1000, 2).Order());

        // Recorded: another choice would make runs of older versions irreproducible.
        Assert.Equal([2L, 28, 36, 73, 85], HoldOut.Select(100, 17).Order());
    }

    [Fact]
    public void Select_ManySeeds_TakesEveryPlaceAlike()
    {
        var hits = new int[20];
        for (var seed = 0; seed < 4000; seed++)
        {
            hits[HoldOut.Select(20, seed).Single()]++;
        }

        // 200 expected with a standard deviation of 14.
        Assert.All(hits, hit => Assert.InRange(hit, 130, 270));
    }

    [Fact]
    public void Split_Source_GivesTwoDisjointPartsInOrder()
    {
        using var all = new TemporaryDirectory();
        using (var writer = new TokenShardWriter(all["all"], 1000, shardTokens: 50))
        {
            for (var i = 0; i < 100; i++)
            {
                writer.Write(new TokenSequence([i, 500 + i], [false, i % 3 == 0]), new SequenceOrigin("a.jsonl", i));
            }

            writer.Complete();
        }

        using var source = TokenShardSource.Open(all["all"]);
        var (train, eval) = HoldOut.Split(source, 17);

        Assert.Equal((95, 5, 190, 10), (train.Count, eval.Count, train.TotalTokens, eval.TotalTokens));
        Assert.Equal(HoldOut.Select(100, 17).Select(index => (int)index), Firsts(eval));
        Assert.Equal(Enumerable.Range(0, 100).Except(Firsts(eval)), Firsts(train));
        Assert.Equal(new SequenceOrigin("a.jsonl", eval.Read(1).Tokens[0]), eval.OriginOf(1));
        Assert.Equal(2, train.LengthOf(94));
        Assert.Throws<ArgumentOutOfRangeException>(() => train.Read(95));
        Assert.Throws<ArgumentOutOfRangeException>(() => eval.LengthOf(5));
    }

    [Fact]
    public void Split_SingleSequence_LeavesItForTraining()
    {
        using var all = new TemporaryDirectory();
        using (var writer = new TokenShardWriter(all["all"], 10))
        {
            writer.Write(new TokenSequence([1, 2], [false, true]));
            writer.Complete();
        }

        using var source = TokenShardSource.Open(all["all"]);
        var (train, eval) = HoldOut.Split(source, 17);

        Assert.Equal((1, 0), (train.Count, eval.Count));
    }

    private static List<int> Firsts(ISequenceSource source) =>
        [.. Enumerable.Range(0, (int)source.Count).Select(index => source.Read(index).Tokens[0])];
}
