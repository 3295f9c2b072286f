using System.Globalization;
using System.Text;
using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Models;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Training.Tests.Support;

namespace FineTune.Data.Tests;

/// <summary>
/// Against Hugging Face's tokenizers and Jinja with published tokenizers and templates (npm, by lock file). FINETUNE_TOKENIZER_MB sets how
/// much text is compared, FINETUNE_CONVERSATIONS how many conversations.
/// </summary>
public sealed class InteroperabilityTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Encode_TextsOfEveryKind_GivesHuggingFaceIds()
    {
        var bytes = Setting("FINETUNE_TOKENIZER_MB", 1) * 1_000_000;
        Interop.Run("tokenize.mjs", bytes.ToString(CultureInfo.InvariantCulture), "2", directory.Path);

        var folders = Directory.GetDirectories(directory.Path);
        Assert.Equal(16, folders.Length);
        Assert.All(folders, folder =>
        {
            var tokenizer = Tokenizer.Load(folder);
            var ids = new TokenBuffer();
            using var counter = tokenizer.StartCounting();
            using var texts = new BinaryReader(File.OpenRead(directory["texts.bin"]));
            using var expected = new BinaryReader(File.OpenRead(Path.Combine(folder, "ids.bin")));
            while (expected.BaseStream.Position < expected.BaseStream.Length)
            {
                var text = texts.ReadBytes(texts.ReadInt32());
                ids.Clear();
                tokenizer.Encode(text, ids);
                var wanted = Enumerable.Range(0, expected.ReadInt32()).Select(_ => expected.ReadInt32()).ToArray();
                Assert.True(ids.Ids.SequenceEqual(wanted), $"{Path.GetFileName(folder)}: {Encoding.UTF8.GetString(text)}");
                Assert.Equal(wanted.Length, counter.Count(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text))));
            }
        });
        Assert.All((string[])["llama3_1", "cl100k"], name =>
        {
            var (json, ranks) = (Tokenizer.Load(directory[name]), Tokenizer.Load(directory[name + "-ranks"]));
            Assert.Equal(json.VocabularySize, ranks.VocabularySize);
            Assert.Equal(json.AddedTokens.Select(token => token.Id).Order(), ranks.AddedTokens.Select(token => token.Id).Order());
            Assert.All(Enumerable.Range(0, json.VocabularySize).Where(id => !json.IsSpecial(id)), id => Assert.True(json.TokenBytes(id).Span.SequenceEqual(ranks.TokenBytes(id).Span)));
        });
    }

    [Fact]
    public void Render_Conversations_GivesWhatTheModelsTemplatesGive()
    {
        Interop.Run("render.mjs", Setting("FINETUNE_CONVERSATIONS", 600).ToString(CultureInfo.InvariantCulture), Fixture.Path("llama3", "tokenizer_config.json"), directory["cases.json"]);
        var file = JsonSerializer.Deserialize<CaseFile>(File.ReadAllText(directory["cases.json"]), WireJson.Options)!;
        var tokenizer = Fixture.Tokenizer("llama3");

        Assert.Equal(["dbrx", "llama2", "llama3", "llama3.1", "llama3.2", "mistral", "mixtral", "own"], file.Templates.Keys.Order());
        Assert.All(file.Templates, template =>
        {
            Assert.Equal(template.Value, ModelCatalogue.ChatTemplateText(template.Key) ?? Llama3Tokens.ChatTemplate);
            RequireEqual(template.Key, file.Cases, tokenizer);
        });
    }

    private static void RequireEqual(string family, List<Case> cases, Tokenizer tokenizer)
    {
        var encoder = new ExampleEncoder(tokenizer, Fixture.Template(family), int.MaxValue);
        var rendered = 0;
        foreach (var (number, one) in cases.Index())
        {
            var example = new ChatExample("f", number, [.. one.Messages.Select(message => message.Read())])
            {
                Tools = [.. one.Tools.Select(tool => tool.GetRawText())],
            };
            var (text, fault) = Render(encoder, tokenizer, example, one.Generation);
            var expected = one.Rendered[family];
            if (expected.Error is { } error)
            {
                Assert.Contains(error.TrimEnd('.'), fault?.Message, StringComparison.Ordinal);
            }
            else if (fault is { } refused)
            {
                // What a template leaves out silently is refused.
                Assert.True(
                    refused.Message.Contains("leaves out", StringComparison.Ordinal) || refused.Message.Contains("no turn of its own", StringComparison.Ordinal),
                    refused.Message);
                Assert.True(one.Tools.Count > 0 || one.Messages.Any(message => message.ToolCalls is not null || message.Role is "tool" or "system"));
            }
            else
            {
                Assert.Equal(expected.Text, text);
                rendered++;
            }
        }

        Assert.InRange(rendered, cases.Count / 4, cases.Count);
    }

    private static (string? Text, Fault? Fault) Render(ExampleEncoder encoder, Tokenizer tokenizer, ChatExample example, bool generation)
    {
        try
        {
            if (generation)
            {
                return (tokenizer.Decode(encoder.EncodePrompt(example.Messages, example.Tools), skipSpecial: false), null);
            }

            var rendered = encoder.Render(example);
            RequireTrained(example, rendered);
            return (rendered.Text, null);
        }
        catch (FaultException refused)
        {
            return (null, refused.Fault);
        }
    }

    /// <summary>One range per trained message, with its content or calls inside and at its beginning.</summary>
    private static void RequireTrained(ChatExample example, RenderedText rendered)
    {
        var runes = rendered.Text.EnumerateRunes().ToList();
        var trained = example.Messages.Where(message => message is { Role: ChatRole.Assistant, Trained: true }).ToList();
        var ranges = rendered.Trained.Select(range => string.Concat(runes[range[0]..range[1]])).ToList();
        Assert.Equal(trained.Count, ranges.Count);
        Assert.All(trained.Zip(ranges), pair => Assert.StartsWith(
            pair.First.ToolCalls.Count > 0 ? $"{{\"name\": \"{pair.First.ToolCalls[0].Name}\"" : pair.First.Content.Trim(), pair.Second.TrimStart(), StringComparison.Ordinal));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private sealed record CaseFile(Dictionary<string, string> Templates, List<Case> Cases);

    private sealed record Case(List<Message> Messages, List<JsonElement> Tools, bool Generation, Dictionary<string, Expected> Rendered);

    private sealed record Expected(string? Text, string? Error);

    private sealed record Message(string Role, string Content, List<Call>? ToolCalls, string? ToolCallId, int Weight = 1)
    {
        public ChatMessage Read() => new(Enum.Parse<ChatRole>(Role, ignoreCase: true), Content, Weight != 0)
        {
            ToolCalls = [.. (ToolCalls ?? []).Select(call => new ToolCall(call.Id, call.Function.Name, call.Function.Arguments.GetRawText()))],
            ToolCallId = ToolCallId,
        };
    }

    private sealed record Call(string Id, Function Function);

    private sealed record Function(string Name, JsonElement Arguments);
}
