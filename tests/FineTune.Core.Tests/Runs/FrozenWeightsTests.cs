using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Tests.Runs;

public sealed class FrozenWeightsTests
{
    private static readonly ModelShape Model = new(100, 16, 24, 12, 4, 2, 4);

    [Theory]
    [InlineData("model.embed_tokens.*", 1)]
    [InlineData("model.embed_tokens.weight", 1)]
    [InlineData("model.layers.{0..7}.*", 8 * 9)]
    [InlineData("model.layers.[0-3].*", 4 * 9)]
    [InlineData("model.layers.1?.*", 2 * 9)]
    [InlineData("*.self_attn.{q,k}_proj.weight", 2 * 12)]
    [InlineData("model.layers.1.*", 9)]
    public void Trained_Pattern_LeavesOutWhatItMatches(string pattern, int frozen) =>
        Assert.Equal((12 * 9) + 3 - frozen, FrozenWeights.Trained(Model, [pattern]).Count);

    [Fact]
    public void Trained_Nothing_IsEverything() => Assert.Equal(LlamaWeights.Of(Model).Select(weight => weight.Name), FrozenWeights.Trained(Model, null).Select(weight => weight.Name));

    [Theory]
    [InlineData("model.layers.12.*", "'model.layers.12.*' matches no weight")]
    [InlineData("model.embed_tokens", "Names end in .weight")]
    [InlineData("*", "nothing is left to train")]
    [InlineData("model.layers.{7..0}.*", "no range of numbers")]
    [InlineData("model.layers.{0..99999}.*", "no range of numbers")]
    [InlineData("(a+)+$", "no pattern of weight names")]
    [InlineData("", "no pattern of weight names")]
    public void Trained_UnusablePattern_IsRefusedWithTheCure(string pattern, string message)
    {
        var fault = Assert.Throws<FaultException>(() => FrozenWeights.Trained(Model, [pattern])).Fault;

        Assert.Equal(("freeze_invalid", "hyperparameters.freeze"), (fault.Code, fault.Field));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trained_HeadOfATiedModel_PointsToTheEmbedding() => Assert.Contains(
        "Its output projection is the embedding",
        Assert.Throws<FaultException>(() => FrozenWeights.Trained(Model with { TieWordEmbeddings = true }, ["lm_head.*"])).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(-1, "model.layers.*")]
    [InlineData(0, "model.embed_tokens.*")]
    [InlineData(3, "model.embed_tokens.*", "model.layers.[0-2].*")]
    [InlineData(12, "model.embed_tokens.*", "model.layers.*")]
    public void LowestLayer_ByPatterns_IsWhereTheBackwardPassEnds(int expected, params string[] patterns) =>
        Assert.Equal(expected, FrozenWeights.LowestLayer(Model, FrozenWeights.Trained(Model, patterns)));
}
