using FineTune.Core.Faults;
using FineTune.Data.Tokenizers;
using FineTune.Data.Tokenizers.Ranks;

namespace FineTune.Data.Tests.Tokenizers.Ranks;

public sealed class RankTokenizerTests : IDisposable
{
    private const int Llama3 = 128_000;
    private const int Cl100k = 100_256;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Load_MetasFile_HasLlama3sControlTokensAndTemplate()
    {
        Save("tokenizer.model", RankFiles.Of(Llama3, "he", "ll", "hell", "ello", "hello"));

        var tokenizer = Tokenizer.Load(directory.Path);

        Assert.Equal((128_256, 128_000, 128_001), (tokenizer.VocabularySize, tokenizer.BosId, tokenizer.EosId));
        Assert.Equal((128_006, 128_009, 128_004), (tokenizer.TokenId("<|start_header_id|>"), tokenizer.TokenId("<|eot_id|>"), tokenizer.TokenId(Llama3Tokens.Pad)));
        Assert.Equal("<|reserved_special_token_247|>", tokenizer.Decode([128_255], skipSpecial: false));
        Assert.Equal([256 + 4, ' ', 256 + 2, '<', '|'], tokenizer.Encode("hello hell<|"), (int expected, int actual) => expected == actual);
        Assert.DoesNotContain(tokenizer.Encode("<|eot_id|>"), tokenizer.IsSpecial);
    }

    [Theory]
    [InlineData("abc", new[] { "bc", "ab", "abc" }, new[] { 258 })] // A piece that is a token, whatever merges lead to.
    [InlineData("xabc", new[] { "bc", "ab", "abc" }, new[] { 'x', 258 })] // a + bc, as bc comes before ab.
    [InlineData("xabcd", new[] { "ab", "bc", "cd" }, new[] { 'x', 256, 258 })]
    [InlineData("xaaaa", new[] { "aa", "aaa" }, new[] { 'x', 256, 256 })] // The leftmost of equals first.
    public void Encode_ByRanks_MergesTheLowestJointRankFirst(string text, string[] tokens, int[] expected)
    {
        Save("cl100k_base.tiktoken", RankFiles.Of(Cl100k, tokens));

        Assert.Equal(expected, Tokenizer.Load(directory.Path).Encode(text));
    }

    [Fact]
    public void Encode_AnyText_GivesTheIdsOfTokenizerJson()
    {
        var json = Fixture.Tokenizer("llama3");
        Save("tokenizer.model", RankFiles.Of(json));

        var ranks = new Tokenizer(
            RankTokenizerReader.Read(directory["tokenizer.model"], json.AddedTokens, _ => new RankLayout([], null)), new TokenizerConfig(null, null, null, null));

        Assert.Equal(json.Encode(Fixture.Corpus), ranks.Encode(Fixture.Corpus));
        Assert.Equal(json.VocabularySize, ranks.VocabularySize);
        Assert.Equal(json.TokenId("<|eot_id|>"), ranks.TokenId("<|eot_id|>"));
    }

    [Fact]
    public void Load_Cl100kWithConfig_HasTheConfigsTokens()
    {
        Save("cl100k_base.tiktoken", RankFiles.Of(Cl100k));
        Save("tokenizer_config.json", """
            {"added_tokens_decoder": {"100257": {"content": "<|endoftext|>", "special": true}, "100278": {"content": "<|im_start|>", "special": true}},
            "eos_token": "<|endoftext|>", "chat_template": "t"}
            """);

        var tokenizer = Tokenizer.Load(directory.Path);

        Assert.Equal((100_279, 100_257, null, "t"), (tokenizer.VocabularySize, tokenizer.EosId, tokenizer.BosId, tokenizer.ChatTemplate));
        Assert.Equal((100_278, 100_276), (tokenizer.TokenId("<|im_start|>"), tokenizer.TokenId("<|endofprompt|>")));
        Assert.True(tokenizer.TokenBytes(100_270).IsEmpty);
    }

    [Fact]
    public void Load_TokenizerJsonBesideARankFile_IsRead()
    {
        File.Copy(Fixture.Path("llama3", "tokenizer.json"), directory["tokenizer.json"]);
        Save("tokenizer.model", "\n\u000e\n\u0005<unk>");

        Assert.Equal(Fixture.Tokenizer("llama3").VocabularySize, Tokenizer.Load(directory.Path).VocabularySize);
    }

    [Theory]
    [InlineData("IQ==", 3, "a space and its rank")]
    [InlineData("IQ== x", 3, "a space and its rank")]
    [InlineData("IQ== 3 ", 3, "a space and its rank")]
    [InlineData("IQ== -1", 3, "a space and its rank")]
    [InlineData("IQ== 4194304", 3, "a space and its rank")]
    [InlineData("IQ== 99999999999", 3, "a space and its rank")]
    [InlineData("IQ=x 300", 3, "1 to 256 bytes in Base64")]
    [InlineData("= 300", 3, "1 to 256 bytes in Base64")]
    [InlineData(" 300", 3, "a space and its rank")]
    [InlineData("AA== 300", 3, "the token of a line before it")]
    [InlineData("YWJj 0", 3, "the rank 0 of a line before it")]
    public void Load_DamagedLine_IsNamed(string line, long number, string problem)
    {
        Save("tokenizer.model", "AA== 0\nAQ== 1\r\n" + line + "\nYQ== 2\n");

        var fault = Refusal();

        Assert.Equal(("tokenizer_invalid", "tokenizer.model", number), (fault.Code, fault.File, fault.Line));
        Assert.Contains(problem, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LongToken_IsRefused()
    {
        Save("a.tiktoken", Convert.ToBase64String(new byte[257]) + " 0\n");

        Assert.Equal(("a.tiktoken", 1), (Refusal().File, Refusal().Line));
    }

    [Theory]
    [InlineData("tokenizer.model", "", "without gaps")]
    [InlineData("tokenizer.model", "AA== 1\n", "without gaps")]
    [InlineData("tokenizer.model", "\n\u000e\n\u0005<unk>\u0015\0\0", "save_pretrained")]
    [InlineData("tokenizer.model", "AA== 0\n", "128,000")]
    [InlineData("qwen.tiktoken", "AA== 0\n", "100,256")]
    public void Load_OtherFile_SaysWhatItIsAndWhatToDo(string name, string content, string expected)
    {
        Save(name, content);

        var fault = Refusal();

        Assert.Equal(name, fault.File);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ByteWithoutToken_IsRefused()
    {
        Save("tokenizer.model", RankFiles.Of(Llama3).Replace("/w== 255\n", "YWE= 255\n", StringComparison.Ordinal));

        Assert.Contains("byte 0xFF", Refusal().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"5": {"content": "x"}}""", "an ordinary token's")]
    [InlineData("""{"x": {"content": "x"}}""", "must be called by a token id")]
    [InlineData("""{"0128000": {"content": "x"}}""", "must be called by a token id")]
    [InlineData("""{"128000": {}}""", "lacks 'content'")]
    [InlineData("[]", "must be an object")]
    public void Load_BadAddedTokens_AreRefused(string tokens, string problem)
    {
        Save("tokenizer.model", RankFiles.Of(Llama3));
        Save("tokenizer_config.json", $$"""{"added_tokens_decoder": {{tokens}}}""");

        var fault = Refusal();

        Assert.Equal("tokenizer_config.json", fault.File);
        Assert.Contains(problem, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TwoRankFiles_AreRefused()
    {
        Save("a.tiktoken", "AA== 0\n");
        Save("b.tiktoken", "AA== 0\n");

        Assert.Contains("a.tiktoken", Refusal().Message, StringComparison.Ordinal);
    }

    private void Save(string name, string content) => File.WriteAllText(directory[name], content);

    private Fault Refusal() => Assert.Throws<FaultException>(() => Tokenizer.Load(directory.Path)).Fault;
}
