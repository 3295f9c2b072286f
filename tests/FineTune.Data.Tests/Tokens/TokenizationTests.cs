using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Data.Tokens;

namespace FineTune.Data.Tests.Tokens;

public sealed class TokenizationTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Tokenizer tokenizer = Fixture.Tokenizer("separate");

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Run_Instructions_WritesThemInOrder()
    {
        var lines = Enumerable.Range(0, 30).Select(i => Instruction($"name {i}", "yes")).ToList();

        var summary = await Run(TaskType.InstructionFinetune, Sources.Lines(lines));

        using var source = TokenShardSource.Open(directory.Path);
        Assert.Equal((30, 30, 0, 0), (summary.Examples, summary.Sequences, summary.Truncated, summary.DroppedCount));
        Assert.Equal((source.Count, source.TotalTokens), (summary.Sequences, summary.Tokens));
        Assert.Equal(30 * (tokenizer.Encode("yes").Length + 1), summary.TrainedTokens);
        Assert.Equal("name 7yes", tokenizer.Decode(source.Read(7).Tokens));
        Assert.Equal(Enumerable.Range(0, 30).Max(i => source.Read(i).Length), summary.LongestSequence);
    }

    [Fact]
    public async Task Run_Conversations_MatchesTheEncoder()
    {
        var line = """{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}""";

        await Run(TaskType.ChatCompletion, Sources.Lines(line));

        using var source = TokenShardSource.Open(directory.Path);
        var expected = Encoder().Encode(new ChatExample("f", 1, [new(ChatRole.User, "q"), new(ChatRole.Assistant, "a")])).Sequence!;
        Assert.Equal(expected.Tokens, source.Read(0).Tokens);
        Assert.Equal(expected.Trained, source.Read(0).Trained);
    }

    [Fact]
    public async Task Run_Documents_PacksThemAcrossFiles()
    {
        var summary = await Run(TaskType.ContinuedPretrain, Sources.Of("a.txt", Fixture.Corpus), Sources.Of("b.jsonl", """{"text": "end"}"""));

        using var source = TokenShardSource.Open(directory.Path);
        var sequences = Enumerable.Range(0, (int)source.Count).Select(i => source.Read(i)).ToList();
        Assert.Equal((2, source.Count), (summary.Examples, summary.Sequences));
        Assert.Equal(
            [tokenizer.BosId!.Value, .. tokenizer.Encode(Fixture.Corpus), tokenizer.EosId!.Value, tokenizer.BosId!.Value, .. tokenizer.Encode("end"), tokenizer.EosId!.Value],
            sequences.SelectMany(sequence => sequence.Tokens));
    }

    [Fact]
    public async Task Run_FewBadExamples_AreCountedWithTheirLines()
    {
        var lines = Enumerable.Range(1, 40).Select(i => i switch
        {
            5 => """{"prompt": 1, "response": 2}""",
            9 or 11 => Instruction(new string('.', 300), "never seen"),
            20 => Instruction("a", new string('.', 300)),
            _ => Instruction("a", "b"),
        });

        var summary = await Run(TaskType.InstructionFinetune, Sources.Lines(lines));

        Assert.Equal((40, 37, 3), (summary.Examples, summary.Sequences, summary.DroppedCount));
        Assert.Equal(3, summary.Truncated);
        Assert.Equal(
            [(DropReasons.NothingTrained, "9,11"), (ProblemCodes.WrongType, "5")],
            summary.Dropped.Select(dropped => (dropped.Reason, string.Join(',', dropped.FirstLines.Select(line => line.Line)))));
    }

    [Fact]
    public async Task Run_ManyBadElementsOfAList_IsRefusedWithTheFirstElement()
    {
        var list = $"[{string.Join(",\n\n", Enumerable.Range(1, 20).Select(i => Instruction(i is 4 or 8 or 12 ? new string('.', 300) : "a", "b")))}]";

        var fault = (await Assert.ThrowsAsync<FaultException>(() => Run(TaskType.InstructionFinetune, Sources.Of("train.json", System.Text.Encoding.UTF8.GetBytes(list))))).Fault;

        Assert.Equal("train.json, element 4", fault.Place);
    }

    [Fact]
    public async Task Run_ManyBadExamples_IsRefusedWithTheFirstLine()
    {
        var lines = Enumerable.Range(1, 20).Select(i => i is 4 or 8 or 12 ? Instruction(new string('.', 300), "x") : Instruction("a", "b"));

        var fault = (await Assert.ThrowsAsync<FaultException>(() => Run(TaskType.InstructionFinetune, Sources.Lines(lines)))).Fault;

        Assert.Equal(("too_many_examples_dropped", "train.jsonl", 4L), (fault.Code, fault.File, fault.Line));
        Assert.Contains("train.jsonl:4, train.jsonl:8, train.jsonl:12", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public async Task Run_NothingToTrainOn_IsRefused()
    {
        var fault = (await Assert.ThrowsAsync<FaultException>(() => Run(TaskType.InstructionFinetune, Sources.Of("a.jsonl", "\n")))).Fault;

        Assert.Equal("no_training_examples", fault.Code);
    }

    [Theory]
    [InlineData("a.txt", ProblemCodes.InvalidUtf8)]
    [InlineData("a.pdf", ProblemCodes.UnsupportedFileType)]
    public async Task Run_UnreadableFile_IsRefusedWhole(string name, string code)
    {
        var fault = (await Assert.ThrowsAsync<FaultException>(
            () => Run(TaskType.ContinuedPretrain, Sources.Of("good.txt", Fixture.Corpus), Sources.Of(name, [0x61, 0xFF])))).Fault;

        Assert.Equal((code, name), (fault.Code, fault.File));
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public async Task Run_Twice_GivesTheSameBytes()
    {
        var source = Sources.Of("a.txt", Fixture.Corpus);
        await Run(TaskType.ContinuedPretrain, source);
        var first = await File.ReadAllBytesAsync(directory["tokens-00000.bin"], Token);
        await Run(TaskType.ContinuedPretrain, source);

        Assert.Equal(first, await File.ReadAllBytesAsync(directory["tokens-00000.bin"], Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Instruction(string prompt, string response) => JsonSerializer.Serialize(new { prompt, response });

    private ExampleEncoder Encoder() => new(tokenizer, Fixture.Template("llama3"), 64);

    private Task<TokenizationSummary> Run(TaskType taskType, params DatasetSource[] sources) =>
        Tokenization.RunAsync(sources, Encoder(), taskType, directory.Path, cancellationToken: Token);
}
