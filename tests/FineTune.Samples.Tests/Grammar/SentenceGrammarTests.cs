using FineTune.Core.Numerics;
using FineTune.Samples.Grammar;

namespace FineTune.Samples.Tests.Grammar;

public sealed class SentenceGrammarTests
{
    [Theory]
    [InlineData("sentence", "'sentence' is not a rule")]
    [InlineData("sentence = a\nsentence = b", "defined twice")]
    [InlineData("sentence = <who> slept.", "<who> is used and not defined")]
    [InlineData("who = PERSON", "<sentence> is used and not defined")]
    public void Parse_BadRule_NamesIt(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => SentenceGrammar.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void CountDerivations_TwoTimesThreePlusOne_IsSeven() =>
        Assert.Equal(7, SentenceGrammar.Parse("sentence = 5*<a> <b> | none\na = x | y\nb = 1 | 2 | 3").CountDerivations());

    [Fact]
    public void CountDerivations_ShippedGrammar_IsOverTenMillion() =>
        Assert.InRange(SampleSet.ReadGrammar().CountDerivations(), 10e6, double.MaxValue);

    [Fact]
    public void Draw_SlotsAndText_MaskAndFillInOrder()
    {
        var skeleton = SentenceGrammar.Parse("sentence = the <who> of ORGANIZATION left.\nwho = friend PERSON").Draw(new Draws(new CounterRandom(1)));

        Assert.Equal("The friend _ of _ left.", skeleton.Mask);
        Assert.Equal([EntityType.Person, EntityType.Organization], skeleton.Slots);
        Assert.Equal("The friend Ada Byrne of Alder Mills left.", skeleton.Fill(["Ada Byrne", "Alder Mills"]).Text);
    }

    [Fact]
    public void Draw_WeightedAlternatives_ComeInProportion()
    {
        var grammar = SentenceGrammar.Parse("sentence = 3*often | seldom");
        var draws = new Draws(new CounterRandom(1));

        Assert.InRange(Enumerable.Range(0, 4000).Count(_ => grammar.Draw(draws).Mask == "Often"), 2850, 3150);
    }
}
