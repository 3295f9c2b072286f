using System.Text;
using FineTune.Core.Faults;
using FineTune.Data.Tests.Tokenizers.Ranks;
using FineTune.Data.Tokenizers;
using FineTune.Data.Tokenizers.Ranks;
using FineTune.Testing.Fuzzing;

namespace FineTune.Data.Tests.Fuzzing;

public sealed class TokenizerFuzzTests
{
    private const string TokenizerJson = "tokenizer.json";

    /// <summary>Small, so that changes hit what matters; the vocabulary is three bytes and a merge.</summary>
    private static readonly string[] Tokenizers =
    [
        """{"added_tokens": [{"id": 4, "content": "<|eot_id|>", "special": true}], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|eot_id|>", "type_id": 0}}], "special_tokens": {"<|eot_id|>": {"ids": [4]}}}, "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "ignore_merges": true, "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3}, "merges": ["a b"]}}""",
        """{"added_tokens": [{"id": 0, "content": "<unk>", "special": true}], "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null, "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": {"<unk>": 0, "<0x0A>": 1, "▁": 2, "a": 3, "▁a": 4}, "merges": [["▁", "a"]]}}""",
        """{"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\p{L}+|\\s+|."}, "behavior": "Isolated", "invert": false}, {"type": "ByteLevel", "use_regex": false}]}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""",
    ];

    private static readonly string[] Tokens =
    [
        "null", "true", "-1", "2147483648", "[]", "{}", "\"\"", "\\ud800", "\"id\":", "\"vocab\":", "\"merges\":", "\"type\":", "\"BPE\"", "\"Split\"", "\"Metaspace\"",
        "\"Regex\":", "(a+)+$", "(?<!x)", "[[:alpha:]]", "\\\\p{Zz}", "\"Sequence\"", "99999999", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "\n", "\r\n", " ", "=", "YWI= ", "YWJj 257\n", "YmM= 99999999999\n", "\0",
    ];

    [Fact]
    public Task TokenizerJson_AnyBytes_IsATokenizerOrAFault() => FuzzAsync(TokenizerJson, Tokenizers, directory =>
    {
        var tokenizer = Tokenizer.Load(directory);
        Assert.All(tokenizer.Encode("a b\nabc é 😀 <|eot_id|>"), id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
    });

    [Fact]
    public Task TokenizerConfig_AnyBytes_IsReadOrAFault() => FuzzAsync(
        "tokenizer_config.json",
        ["""{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null, "chat_template": "{{ messages }}"}""",
            """{"chat_template": [{"name": "default", "template": "x"}, {"name": "tool_use", "template": "y"}]}"""],
        directory => _ = TokenizerConfig.Load(directory));

    [Fact]
    public Task RankFile_AnyBytes_IsATokenizerOrAFault() => FuzzAsync(
        "ranks.tiktoken",
        [RankFiles.Of(260, "ab", "abc", "bc", "  "), RankFiles.Of(256), "YQ== 0\r\nYWI= 1\n"],
        directory =>
        {
            var path = RankFile.Find(directory)!;
            var tokenizer = new Tokenizer(
                RankTokenizerReader.Read(path, [], count => new RankLayout([new(count, "<|eot_id|>", Special: true)], null)), new TokenizerConfig(null, null, null, null));
            Assert.All(tokenizer.Encode("a b\nabc  é 😀 <|eot_id|>"), id => Assert.InRange(id, 0, tokenizer.VocabularySize - 2));
        });

    private static async Task FuzzAsync(string file, string[] corpus, Action<string> read)
    {
        using var directory = new TemporaryDirectory();
        var fuzzer = new Fuzzer([.. corpus.Select(Encoding.UTF8.GetBytes)], [.. Tokens.Select(Encoding.UTF8.GetBytes)]);
        var ran = await fuzzer.RunAsync(async input =>
        {
            await File.WriteAllBytesAsync(directory[file], input);
            try
            {
                read(directory.Path);
            }
            catch (FaultException refused)
            {
                Assert.Equal((FaultAttribution.Caller, file), (refused.Fault.Attribution, refused.Fault.File));
                Assert.InRange(refused.Fault.Message.Length, 20, 2000);
            }
        });
        TestContext.Current.TestOutputHelper!.WriteLine(ran);
    }
}
