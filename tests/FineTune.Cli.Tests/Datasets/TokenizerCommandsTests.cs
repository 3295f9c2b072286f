using System.Text.Json;
using FineTune.Cli.Tests.Support;
using FineTune.Data.Tokenizers;

namespace FineTune.Cli.Tests.Datasets;

/// <summary><c>finetune tokenize</c> and <c>finetune render</c>.</summary>
public sealed class TokenizerCommandsTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly string tokenizer;

    public TokenizerCommandsTests()
    {
        tokenizer = Path.Combine(folder.FullPath, "tokenizer");
        var options = new BpeTrainerOptions { Merges = 20 };
        BpeTrainer.Train(["the cat and the hat", "the bat and the rat"], options).Save(tokenizer, options);
    }

    [Fact]
    public async Task Tokenize_Lines_AreArraysOfIdsWithoutControlTokens()
    {
        string[] lines = ["the cat", "", "a <|eot_id|> é\r", "last"];
        var file = folder.Write("corpus.txt", string.Join('\n', lines));

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "tokenize", file, "--tokenizer", tokenizer);

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        var ids = run.OutLines.Select(line => JsonSerializer.Deserialize<int[]>(line)!).ToList();
        var loaded = Tokenizer.Load(tokenizer);
        Assert.Equal(lines, ids.Select(line => loaded.Decode(line)));
        Assert.DoesNotContain(ids.SelectMany(line => line), loaded.IsSpecial);
        Assert.True(ids[0].Length < lines[0].Length, "Nothing was merged.");
    }

    [Fact]
    public async Task Render_Conversation_GivesItsTextAndWhatIsTrained()
    {
        var file = folder.Write("chat.jsonl", """{"messages": [{"role": "user", "content": "😀 q"}, {"role": "assistant", "content": "the answer"}]}""" + "\n");

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "render", file, "--tokenizer", tokenizer);

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        using var line = JsonDocument.Parse(Assert.Single(run.OutLines));
        var runes = line.RootElement.GetProperty("text").GetString()!.EnumerateRunes().ToList();
        var range = Assert.Single(line.RootElement.GetProperty("trained").EnumerateArray());
        Assert.Equal($"the answer{Llama3Tokens.EndOfTurn}", string.Concat(runes[range[0].GetInt32()..range[1].GetInt32()]));
    }

    [Fact]
    public async Task Render_BadLines_AreNamedAndTheOthersRendered()
    {
        var file = folder.Write("chat.jsonl", """
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
            {"messages": []}
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b"}]}
            """);

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "render", file, "--tokenizer", tokenizer);

        Assert.Equal((ExitCodes.Refused, 2), (run.ExitCode, run.OutLines.Count));
        Assert.StartsWith("chat.jsonl:2: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("does not exist", "tokenize", "missing.txt", "tokenizer")]
    [InlineData("does not exist", "tokenize", "corpus.txt", "missing")]
    [InlineData("tokenizer.json", "tokenize", "corpus.txt", ".")]
    [InlineData("tokenizer.json", "render", "corpus.txt", ".")]
    [InlineData("--template nobody", "render", "corpus.txt", "tokenizer", "--template", "nobody")]
    public async Task Commands_Unusable_ExitWith2AndSayWhy(string why, string command, string file, string directory, params string[] more)
    {
        folder.Write("corpus.txt", "the cat");

        var run = await CommandLine.RunAsync(
            CommandLine.Nowhere, [command, Path.Combine(folder.FullPath, file), "--tokenizer", Path.Combine(folder.FullPath, directory), .. more]);

        Assert.Equal((ExitCodes.Refused, ""), (run.ExitCode, run.Out));
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();
}
