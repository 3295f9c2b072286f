using FineTune.LocalHost.Supervision;

namespace FineTune.LocalHost.Tests.Supervision;

public sealed class RestartPolicyTests
{
    private static readonly RestartPolicy Policy = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 8)]
    [InlineData(5, 10)]
    [InlineData(5000, 10)]
    public void DelayAfter_DeathsInARow_DoublesUpToTheLongest(int deaths, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Policy.DelayAfter(deaths));

    [Theory]
    [InlineData(59, 6)]
    [InlineData(60, 1)]
    public void Count_LivedLong_BeginsAnew(int lived, int expected) =>
        Assert.Equal(expected, Policy.Count(5, TimeSpan.FromSeconds(lived)));
}
