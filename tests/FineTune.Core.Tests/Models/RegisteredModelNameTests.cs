using FineTune.Core.Models;

namespace FineTune.Core.Tests.Models;

public sealed class RegisteredModelNameTests
{
    [Theory]
    [InlineData("main.demo.ner", "run", "main.demo.ner")]
    [InlineData("Main.Demo.NER", "run", "main.demo.ner")]
    [InlineData("main.demo", "My run (2)!", "main.demo.my-run-2")]
    public void TryParse_Name_LowerCaseWithDefaultModel(string text, string defaultModel, string expected)
    {
        Assert.True(RegisteredModelName.TryParse(text, defaultModel, out var name));
        Assert.Equal(expected, name!.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("main")]
    [InlineData("a.b.c.d")]
    [InlineData("main..ner")]
    [InlineData("main.demo.a/b")]
    [InlineData("main.-demo")]
    public void TryParse_Malformed_False(string? text) => Assert.False(RegisteredModelName.TryParse(text, "run", out _));

    [Fact]
    public void TryParse_DefaultWithoutLetters_False() => Assert.False(RegisteredModelName.TryParse("main.demo", "???", out _));
}
