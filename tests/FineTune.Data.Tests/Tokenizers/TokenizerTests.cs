using System.Text;
using System.Text.Json;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Tokenizers;

public sealed class TokenizerTests
{
    [Theory]
    [InlineData("separate")]
    [InlineData("llama3")]
    [InlineData("gpt2")]
    public void Encode_GoldenTexts_GivesHuggingFaceIds(string name)
    {
        var tokenizer = Fixture.Tokenizer(name);
        using var golden = JsonDocument.Parse(File.ReadAllText(Fixture.Path(name, "golden.json")));
        foreach (var vector in golden.RootElement.EnumerateArray())
        {
            var text = vector.GetProperty("text").GetString()!;
            var expected = vector.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();

            Assert.Equal(expected, tokenizer.Encode(text));
            Assert.Equal(text, tokenizer.Decode(expected));
        }
    }

    [Fact]
    public void Encode_RandomCodePoints_DecodesToTheSameText()
    {
        var tokenizer = Fixture.Tokenizer("llama3");
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            var text = new StringBuilder();
            for (var i = random.Next(60); i > 0; i--)
            {
                var value = random.Next(1 << random.Next(1, 21));
                text.Append(Rune.IsValid(value) ? new Rune(value) : new Rune('\n'));
            }

            Assert.Equal(text.ToString(), tokenizer.Decode(tokenizer.Encode(text.ToString())));
        }
    }

    [Fact]
    public void Encode_SpecialTokenLiterals_NeverGivesSpecialIds()
    {
        var tokenizer = Fixture.Tokenizer("llama3");

        foreach (var token in tokenizer.AddedTokens)
        {
            Assert.True(tokenizer.IsSpecial(token.Id));
            Assert.DoesNotContain(tokenizer.Encode($"a {token.Content} b{token.Content}"), tokenizer.IsSpecial);
        }
    }

    [Fact]
    public void Encode_LoneSurrogate_BecomesReplacementCharacter() =>
        Assert.Equal("a\uFFFDb", Fixture.Tokenizer("llama3").Decode(Fixture.Tokenizer("llama3").Encode("a\uD800b")));

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('\n')]
    [InlineData('=')]
    public void Encode_LongRun_IsNotQuadratic(char c)
    {
        // One piece of 400,000 bytes: if each merge looked at all of them, this would take minutes.
        var text = new string(c, 400_000);

        Assert.Equal(text, Fixture.Tokenizer("llama3").Decode(Fixture.Tokenizer("llama3").Encode(text)));
    }

    [Fact]
    public void Encode_FromManyThreads_GivesTheSameIds()
    {
        var tokenizer = Fixture.Tokenizer("llama3");
        var lines = File.ReadAllLines(Fixture.Path("corpus.txt"));
        var alone = Fixture.Tokenizer("llama3");
        var expected = lines.Select(line => alone.Encode(line)).ToList();

        Parallel.For(0, 2000, i => Assert.Equal(expected[i % lines.Length], tokenizer.Encode(lines[i % lines.Length])));
    }

    [Fact]
    public void Load_LlamaStyle_KnowsItsSpecialTokens()
    {
        var tokenizer = Fixture.Tokenizer("llama3");

        Assert.Equal(556 + 6, tokenizer.VocabularySize);
        Assert.Equal(556, tokenizer.BosId);
        Assert.Equal(557, tokenizer.EosId);
        Assert.Equal(561, tokenizer.PadId);
        Assert.Equal([557, 560], tokenizer.EosIds);
        Assert.Equal(560, tokenizer.TokenId("<|eot_id|>"));
        Assert.Null(tokenizer.TokenId("<|python_tag|>"));
        Assert.Contains("add_generation_prompt", tokenizer.ChatTemplate, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "hi")]
    [InlineData(false, "<|begin_of_text|>hi<|eot_id|>")]
    public void Decode_SpecialTokens_AreSkippedOnRequest(bool skipSpecial, string expected)
    {
        var tokenizer = Fixture.Tokenizer("llama3");

        Assert.Equal(expected, tokenizer.Decode([556, .. tokenizer.Encode("hi"), 560], skipSpecial));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(562)]
    public void Decode_IdOutsideVocabulary_Throws(int id) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Fixture.Tokenizer("llama3").Decode([id]));
}
