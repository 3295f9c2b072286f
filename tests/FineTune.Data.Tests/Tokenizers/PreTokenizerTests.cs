using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Tokenizers;

public sealed class PreTokenizerTests
{
    [Theory]
    [InlineData(PreTokenizerPatterns.Llama3, "Hello  world, it's 12345!\n\n x", "Hello| | world|,| it|'s| |123|45|!\n\n| x")]
    [InlineData(PreTokenizerPatterns.Llama3, "𝟙𝟚𝟛𝟜𝓍𝓎😀", "𝟙𝟚𝟛|𝟜|𝓍𝓎|😀")]
    [InlineData(PreTokenizerPatterns.Llama3, "it'ſ", "it|'ſ")]
    [InlineData(PreTokenizerPatterns.Gpt2, "it's it'ſ 12345", "it|'s| it|'|ſ| 12345")]
    [InlineData(PreTokenizerPatterns.Separate, "ab  \"Cd\"12", "ab| | |\"|Cd|\"|1|2")]
    public void Split_Text_CutsAsThePatternSays(string pattern, string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Pieces(new PreTokenizer(pattern), text)));

    [Fact]
    public void Split_TwoStages_CutsThePiecesOfTheFirst() =>
        Assert.Equal(["a", "1", "2", "b"], Pieces(new PreTokenizer(@"\p{N}+", @"\p{N}"), "a12b"));

    [Theory]
    [InlineData("[a&&b]")]
    [InlineData("[[:alpha:]]")]
    [InlineData(@"\h+")]
    [InlineData("[a-z-[aeiou]]")]
    [InlineData("a++")]
    [InlineData("(")]
    public void Constructor_PatternOfUncertainMeaning_IsRefused(string pattern) =>
        Assert.ThrowsAny<ArgumentException>(() => new PreTokenizer(pattern));

    private static IEnumerable<string> Pieces(PreTokenizer preTokenizer, string text)
    {
        var start = 0;
        foreach (var end in preTokenizer.Split(text))
        {
            yield return text[start..end];
            start = end;
        }
    }
}
