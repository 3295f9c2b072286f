using System.Text.Json.Nodes;
using FineTune.Core.Faults;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Tokenizers;

public sealed class TokenizerLoadTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("normalizer", """{"type": "NFC"}""", "normalizer")]
    [InlineData("decoder", """{"type": "Metaspace"}""", "decoder")]
    [InlineData("model.type", "\"Unigram\"", "model.type")]
    [InlineData("model.dropout", "0.1", "model.dropout")]
    [InlineData("model.byte_fallback", "true", "model.byte_fallback")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix")]
    [InlineData("pre_tokenizer", "null", null)]
    [InlineData("pre_tokenizer", """{"type": "BertPreTokenizer"}""", "pre_tokenizer")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "_"}""", "pre_tokenizer.replacement")]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "often"}""", "pre_tokenizer.prepend_scheme")]
    [InlineData("pre_tokenizer", """{"type": "ByteLevel", "add_prefix_space": true}""", "pre_tokenizer.add_prefix_space")]
    [InlineData("pre_tokenizer.pretokenizers.0.behavior", "\"Removed\"", "pre_tokenizer.pretokenizers[0].behavior")]
    [InlineData("pre_tokenizer.pretokenizers.0.invert", "true", "pre_tokenizer.pretokenizers[0].invert")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern.Regex", "\"[a-z&&[^b]]\"", "pre_tokenizer.pretokenizers[0]")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern.Regex", "\"\\\\p{L}++\"", "pre_tokenizer.pretokenizers[0]")]
    [InlineData("post_processor", """{"type": "BertProcessing"}""", "post_processor")]
    public void Load_UnsupportedPart_IsRefusedByFileAndField(string path, string json, string? field)
    {
        Save("tokenizer.json", With(path, json));

        var fault = Refusal();

        Assert.Equal(("tokenizer_not_supported", "tokenizer.json", field), (fault.Code, fault.File, fault.Field));
        Assert.Contains("supported:", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model", "null", null)]
    [InlineData("model.vocab", "[]", "model.vocab")]
    [InlineData("model.vocab.a", "-1", "model.vocab")]
    [InlineData("model.vocab.a", "98", "model.vocab")]
    [InlineData("model.vocab.a", "4000000000", "model.vocab")]
    [InlineData("model.merges", "[\"a\"]", "model.merges[0]")]
    [InlineData("model.merges", "[\"zz qq\"]", "model.merges[0]")]
    [InlineData("model.merges", "\"a b\"", "model.merges")]
    [InlineData("added_tokens.0.id", "\"x\"", "added_tokens[0].id")]
    [InlineData("added_tokens.0.content", "7", "added_tokens[0].content")]
    [InlineData("pre_tokenizer.type", "3", "pre_tokenizer.type")]
    public void Load_DamagedPart_IsRefusedByFileAndField(string path, string json, string? field)
    {
        Save("tokenizer.json", With(path, json));

        var fault = Refusal();

        Assert.Equal(("tokenizer_invalid", "tokenizer.json", field), (fault.Code, fault.File, fault.Field));
    }

    [Fact]
    public void Load_NoTokenizerJson_NamesIt()
    {
        var fault = Refusal();

        Assert.Equal(("tokenizer_invalid", "tokenizer.json"), (fault.Code, fault.File));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("\"x\"")]
    public void Load_NotAnObject_IsRefused(string content)
    {
        Save("tokenizer.json", content);

        Assert.Equal("tokenizer_invalid", Refusal().Code);
    }

    [Fact]
    public void Load_ConfigNamesUnknownToken_IsRefused()
    {
        Save("tokenizer.json", With("version", "\"1.0\""));
        Save("tokenizer_config.json", """{"eos_token": "</s>"}""");

        var fault = Refusal();

        Assert.Equal(("tokenizer_config.json", "eos_token"), (fault.File, fault.Field));
    }

    [Fact]
    public void Load_NoConfig_TakesBosFromTheTemplateAndEosByName()
    {
        Save("tokenizer.json", With("version", "\"1.0\""));

        var tokenizer = Tokenizer.Load(directory.Path);

        Assert.Equal((556, 557), (tokenizer.BosId, tokenizer.EosId));
        Assert.Null(tokenizer.ChatTemplate);
    }

    [Theory]
    [InlineData("""{"bos_token": {"content": "<|eot_id|>"}, "chat_template": [{"name": "rag", "template": "r"}, {"name": "default", "template": "d"}]}""")]
    [InlineData("""{"bos_token": "<|eot_id|>", "chat_template": "d"}""")]
    public void Load_ConfigForms_AreEquivalent(string config)
    {
        Save("tokenizer.json", With("version", "\"1.0\""));
        Save("tokenizer_config.json", config);

        var tokenizer = Tokenizer.Load(directory.Path);

        Assert.Equal((560, "d"), (tokenizer.BosId, tokenizer.ChatTemplate));
    }

    [Fact]
    public void Load_TemplateFile_PrecedesTheConfig()
    {
        Save("tokenizer.json", With("version", "\"1.0\""));
        Save("tokenizer_config.json", """{"chat_template": "old"}""");
        Save("chat_template.jinja", "new");

        Assert.Equal("new", Tokenizer.Load(directory.Path).ChatTemplate);
    }

    [Fact]
    public void Load_MergesAsPairs_GiveTheSameIds()
    {
        var root = JsonNode.Parse(File.ReadAllText(Fixture.Path("llama3", "tokenizer.json")))!;
        root["model"]!["merges"] = new JsonArray(
            [.. root["model"]!["merges"]!.AsArray().Select(merge => new JsonArray([.. merge!.GetValue<string>().Split(' ').Select(part => (JsonNode)part)]))]);
        Save("tokenizer.json", root.ToJsonString());
        var text = Fixture.Corpus;

        Assert.Equal(Fixture.Tokenizer("llama3").Encode(text), Tokenizer.Load(directory.Path).Encode(text));
    }

    [Fact]
    public void Load_SpecialTokenThatMergesOrPiecesCouldForm_IsNotFormed()
    {
        var root = JsonNode.Parse(With("version", "\"1.0\""))!;
        root["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 256, ["content"] = First(root), ["special"] = true });
        Save("tokenizer.json", root.ToJsonString());

        var tokenizer = Tokenizer.Load(directory.Path);

        Assert.True(tokenizer.IsSpecial(256));
        Assert.DoesNotContain(256, tokenizer.Encode(First(root)));
        Assert.DoesNotContain(256, tokenizer.Encode(Fixture.Corpus));
    }

    private static string First(JsonNode root) => root["model"]!["merges"]![0]!.GetValue<string>().Replace(" ", "", StringComparison.Ordinal);

    private static string With(string path, string json)
    {
        var root = JsonNode.Parse(File.ReadAllText(Fixture.Path("llama3", "tokenizer.json")))!;
        var parts = path.Split('.');
        var parent = parts[..^1].Aggregate(root, (node, part) => int.TryParse(part, out var index) ? node[index]! : node[part]!);
        parent[parts[^1]] = JsonNode.Parse(json);
        return root.ToJsonString();
    }

    private void Save(string name, string content) => File.WriteAllText(directory[name], content);

    private Fault Refusal() => Assert.Throws<FaultException>(() => Tokenizer.Load(directory.Path)).Fault;
}
