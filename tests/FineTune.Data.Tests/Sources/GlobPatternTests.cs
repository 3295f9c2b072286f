using FineTune.Data.Sources;

namespace FineTune.Data.Tests.FileSources;

public sealed class GlobPatternTests
{
    [Theory]
    [InlineData("az://c/data/*.jsonl", "az://c/data", "a.jsonl", true)]
    [InlineData("az://c/data/*.jsonl", "az://c/data", "b/a.jsonl", false)]
    [InlineData("data/**/*.jsonl", "data", "a.jsonl", true)]
    [InlineData("data/**/*.jsonl", "data", "b/c/a.jsonl", true)]
    [InlineData("data/**/x/*.jsonl", "data", "bx/a.jsonl", false)]
    [InlineData("data/b**/a", "data", "bc/d/a", false)]
    [InlineData("**", "", "b/c/a", true)]
    [InlineData("/data/?.{jsonl,json{,.gz}}", "/data", "a.json.gz", true)]
    [InlineData("/data/?.{jsonl,json{,.gz}}", "/data", "ab.json", false)]
    [InlineData("/*.txt", "", "a.txt", true)]
    [InlineData("a(b)+[c].*", "", "a(b)+[c].d", true)]
    [InlineData("*.JSONL", "", "a.jsonl", false)]
    [InlineData("a,b*", "", "a,bc", true)]
    [InlineData("*", "", "a\nb", true)]
    public void IsMatch_Pattern_MatchesAsShellsDo(string pattern, string folder, string name, bool matches)
    {
        var glob = GlobPattern.Parse(pattern);

        Assert.Equal((folder, matches), (glob.Folder, glob.IsMatch(name)));
    }

    [Theory]
    [InlineData("*/../x")]
    [InlineData("{a,..}/x")]
    [InlineData("{a")]
    public void Parse_WhatIsNoPattern_SaysSo(string pattern) => Assert.Throws<FormatException>(() => GlobPattern.Parse(pattern));

    [Fact]
    public void IsMatch_PatternMadeToHurt_EndsSoon()
    {
        var stars = GlobPattern.Parse(string.Concat(Enumerable.Repeat("*a", 500)) + "b");

        Assert.False(stars.IsMatch(new string('a', 1000)));
        Assert.Throws<FormatException>(() => GlobPattern.Parse(new string('*', 2000)));
        Assert.True(Refused(string.Concat(Enumerable.Repeat("{a,b,?}", 140))) || GlobPattern.Parse(string.Concat(Enumerable.Repeat("{a,b,?}", 140))).IsMatch(new string('a', 140)));
    }

    private static bool Refused(string pattern)
    {
        try
        {
            GlobPattern.Parse(pattern);
            return false;
        }
        catch (FormatException)
        {
            return true;
        }
    }
}
