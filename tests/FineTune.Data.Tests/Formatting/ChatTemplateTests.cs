using System.Text.Json;
using System.Text.Json.Nodes;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Models;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Formatting;

public sealed class ChatTemplateTests
{
    private static readonly DateOnly Today = new(2025, 3, 6);

    private sealed record Golden(string Template, bool Generation, IReadOnlyList<ChatMessage> Messages, int[] Ids);

    [Theory]
    [InlineData("own")]
    [InlineData("llama3")]
    [InlineData("llama3.1")]
    [InlineData("llama3.2")]
    public void Encode_GoldenConversations_GivesTheIdsOfTheModelsTemplate(string name)
    {
        var encoder = new ExampleEncoder(Fixture.Tokenizer("llama3"), Fixture.Template(name, Today), 4096);
        var all = JsonSerializer.Deserialize<List<Golden>>(File.ReadAllText(Fixture.Path("chat-golden.json")), WireJson.Options)!;
        var vectors = all.Where(vector => vector.Template == name).ToList();

        Assert.Equal(10, vectors.Count);
        foreach (var vector in vectors)
        {
            // A missing "trained" reads as false, which the ids don't depend on.
            var messages = vector.Messages.Select(message => message with { Trained = true }).ToList();
            var ids = vector.Generation ? encoder.EncodePrompt(messages) : encoder.Encode(new ChatExample("f", 1, messages)).Sequence!.Tokens;
            Assert.Equal(vector.Ids, ids);
        }
    }

    [Fact]
    public void Encode_DateAndKnowledgeBlock_IsNeverTrained()
    {
        var tokenizer = Fixture.Tokenizer("llama3");
        var encoder = new ExampleEncoder(tokenizer, Fixture.Template("llama3.1", Today), 4096);

        var sequence = encoder.Encode(new ChatExample("f", 1, [new(ChatRole.User, "q"), new(ChatRole.Assistant, "a")])).Sequence!;

        Assert.Equal("a<|eot_id|>", tokenizer.Decode(sequence.Tokens.Where((_, i) => sequence.Trained[i]), skipSpecial: false));
    }

    [Theory]
    [InlineData(ChatRole.System)]
    [InlineData(ChatRole.Developer)]
    public void Encode_Developer_IsTheSystemTurn(ChatRole role)
    {
        foreach (var template in (ChatTemplate[])[Fixture.Template("llama3"), Fixture.Template("llama3.1")])
        {
            var encoder = new ExampleEncoder(Fixture.Tokenizer("llama3"), template, 4096);
            Assert.Equal(
                encoder.EncodePrompt([new ChatMessage(ChatRole.System, "s")]), encoder.EncodePrompt([new ChatMessage(role, "s")]));
        }
    }

    [Fact]
    public void Encode_ContentEdges_AreTrimmedAsPythonDoes()
    {
        var encoder = new ExampleEncoder(Fixture.Tokenizer("llama3"), Fixture.Template("llama3"), 4096);

        Assert.Equal(
            encoder.EncodePrompt([new ChatMessage(ChatRole.User, "x \uFEFF")]),
            encoder.EncodePrompt([new ChatMessage(ChatRole.User, "\u001C\u001F \u0085\u3000x \uFEFF\u001E\t\n")]));
        Assert.NotEqual(
            encoder.EncodePrompt([new ChatMessage(ChatRole.User, "x")]), encoder.EncodePrompt([new ChatMessage(ChatRole.User, "x\uFEFF")]));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(Llama3Tokens.ChatTemplate, false)]
    [InlineData("llama3", false)]
    [InlineData("llama3.1", true)]
    public void For_ModelsOwnTemplate_IsUsed(string? template, bool hasDates)
    {
        using var directory = new TemporaryDirectory();
        var tokenizer = Load(directory, ModelCatalogue.ChatTemplateText(template) ?? template);
        ChatMessage[] messages = [new(ChatRole.User, "q")];

        var encoder = new ExampleEncoder(tokenizer, ChatTemplate.For(tokenizer, Today), 4096);

        Assert.Equal(
            hasDates, tokenizer.Decode(encoder.EncodePrompt(messages)).Contains("Today Date: 06 Mar 2025", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "12131")]
    [InlineData("{% if false %}{% set y = 1 %}{% endif %}{{ y is defined }}{% if true %}{% set y = 2 %}{% endif %}{{ y }}", "False2")]
    [InlineData("{% macro m(a, b=a + '!') %}{{ a + b + z }}{% endmacro %}{% set z = '?' %}{{ m('x') + m('y', b='') }}", "xx!?y?")]
    [InlineData("{% for i in [1, 2, 3] if i != 2 %}{{ loop.index ~ '/' ~ loop['length'] ~ loop.last }}{% else %}none{% endfor %}{{ loop is defined }}", "1/2False2/2TrueFalse")]
    [InlineData("{% set n = namespace(a='') %}{% for c in 'é😀b' %}{% set n.a = n.a + c + '.' %}{% endfor %}{{ n.a | replace('.', '') }}", "é😀b")]
    [InlineData("{% for c in '😀' %}{{ c }}{% endfor %}{{ '😀'[:1] }}|{{ '😀'[1:] }}", "😀\uFFFD|\uFFFD")]
    [InlineData("{{ 'a' + 'b' + 'c' ~ 1 }}", "abc1")]
    [InlineData("{{ (['a'] + ['b'] + ['c', 'd']) | join('') + 'e' + 'f' }}", "abcdef")]
    [InlineData("{{ (1 + 2 + 3.5) ~ ([1] + [2] + [3]) | length }}", "6.53")]
    [InlineData("{% set t = '' %}{% for i in range(200) %}{% set n = i %}{{ i if i > 197 }}{% endfor %}{{ n is defined }}", "198199False")]
    public void Render_ScopesAndTexts_AreJinjas(string statements, string expected)
    {
        const string Turns = "{% for message in messages %}{{ '<|start_header_id|>' + message.role + '<|end_header_id|>' + message.content + '<|eot_id|>' }}{% endfor %}";
        var tokenizer = Fixture.Tokenizer("llama3");
        var encoder = new ExampleEncoder(tokenizer, new ChatTemplate(tokenizer, statements + Turns, Today), 4096);

        var rendered = encoder.Render(new ChatExample("f", 1, [new ChatMessage(ChatRole.User, "q"), new ChatMessage(ChatRole.Assistant, "a")]));

        Assert.StartsWith(expected + "<|start_header_id|>", rendered.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[INST] {{ message }} [/INST]")]
    [InlineData("<|start_header_id|> without loop")]
    [InlineData("{% for message in messages %}{{ message.role }}{% endfor %}")]
    [InlineData("{% for message in messages %}{{ message.content | shuffle }}{% endfor %}")]
    [InlineData("{% for message in messages %}{{ message.content }}")]
    [InlineData("{{ messages | map(attribute='content') | join }}")]
    [InlineData("{% include 'other' %}")]
    [InlineData("{{ 'open }}")]
    [InlineData("{{ messages.99999999999999999999 }}")]
    [InlineData("")]
    public void For_TemplateThatCannotTrain_IsRefusedByField(string template)
    {
        using var directory = new TemporaryDirectory();
        var tokenizer = Load(directory, template);

        var fault = Assert.Throws<FaultException>(() => ChatTemplate.For(tokenizer, Today)).Fault;

        Assert.Equal(("chat_template_not_supported", "tokenizer_config.json", "chat_template"), (fault.Code, fault.File, fault.Field));
    }

    private static Tokenizer Load(TemporaryDirectory directory, string? template)
    {
        File.Copy(Fixture.Path("llama3", "tokenizer.json"), directory["tokenizer.json"]);
        File.WriteAllText(directory["tokenizer_config.json"], new JsonObject { ["chat_template"] = template }.ToJsonString());
        return Tokenizer.Load(directory.Path);
    }
}
