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

        Assert.Equal(expected, selected.Count);
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
                writer.Write(new TokenSequence([i, 500 + i], [false, i % 3 == 0]));
            }

            writer.Complete();
        }

        using var source = TokenShardSource.Open(all["all"]);
        var summary = HoldOut.Split(source, 17, all["train"], all["eval"]);

        using var train = TokenShardSource.Open(all["train"]);
        using var eval = TokenShardSource.Open(all["eval"]);
        Assert.Equal((95, 5, 190, 10), (summary.TrainSequences, summary.EvalSequences, summary.TrainTokens, summary.EvalTokens));
        Assert.Equal(34, summary.TrainTrainedTokens + summary.EvalTrainedTokens);
        Assert.Equal(HoldOut.Select(100, 17).Order().Select(index => (int)index), Firsts(eval));
        Assert.Equal(Enumerable.Range(0, 100).Except(Firsts(eval)), Firsts(train));
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
        var summary = HoldOut.Split(source, 17, all["train"], all["eval"]);

        Assert.Equal((1, 0), (summary.TrainSequences, summary.EvalSequences));
        Assert.False(Directory.Exists(all["eval"]));
    }

    private static List<int> Firsts(TokenShardSource source) =>
        [.. Enumerable.Range(0, (int)source.Count).Select(index => source.Read(index).Tokens[0])];
}
