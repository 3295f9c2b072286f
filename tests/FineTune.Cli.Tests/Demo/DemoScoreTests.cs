using FineTune.Cli.Demo;

namespace FineTune.Cli.Tests.Demo;

public sealed class DemoScoreTests
{
    [Theory]
    [InlineData("[{\"person\":\"Ada\"}]", true)]
    [InlineData(" [{\"person\":\"Ada\"}]\n", true)]
    [InlineData("[{\"person\": \"Ada\"}]", false)]
    [InlineData("[{\"person\":\"Ada\"}] and", false)]
    [InlineData("", false)]
    public void TunedIsRight_OnlyTheExactAnswer_Counts(string answer, bool right) =>
        Assert.Equal(right, new DemoAnswer("p", "[{\"person\":\"Ada\"}]", null, answer).TunedIsRight);

    [Fact]
    public void Of_Answers_IsTheShareOfEachKind()
    {
        DemoAnswer[] heldOut = [new("p", "a", "a", "a"), new("p", "b", "x", "b"), new("p", "c", "x", "c"), new("p", "d", "x", "x")];
        DemoAnswer[] recombined = [new("p", "a", null, "a"), new("p", "b", null, "x")];

        Assert.Equal(new DemoScore(0.25, 0.75, 0.5), DemoScore.Of(heldOut, recombined));
        Assert.Equal(new DemoScore(0, 0, 0), DemoScore.Of([], []));
    }

    [Theory]
    [InlineData(0.95, 0.90, true)]
    [InlineData(0.94, 1.00, false)]
    [InlineData(1.00, 0.89, false)]
    public void Reaches_Targets_BothCount(double tuned, double recombined, bool passed) =>
        Assert.Equal(passed, new DemoScore(0, tuned, recombined).Reaches(new DemoPlan()));
}
