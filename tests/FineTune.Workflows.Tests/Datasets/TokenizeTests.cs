using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Tokens;
using FineTune.Testing;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Datasets;
using FineTune.Workflows.Durable;

namespace FineTune.Workflows.Tests.Datasets;

public sealed class TokenizeTests
{
    private const int Pairs = 300;

    [Fact]
    public async Task Tokenize_ManyBlocks_GivesTheSequencesOfOneWithTheirLines()
    {
        await using var host = await StartAsync(blockBytes: 500);
        using var folder = new TemporaryFolder();
        var many = await CreateAsync(host, Pairs);
        var blocks = Count(await HistoryAsync(host, many.RunId), nameof(TokenizeBlock));
        await host.Get<ArtifactStore>().DownloadAsync(many.TrainTokens, folder["many/x"][..^2]);
        using var tokens = TokenShardSource.Open(folder.Root + "/many");

        await using var whole = await StartAsync(blockBytes: 1 << 20);
        await whole.Get<ArtifactStore>().DownloadAsync((await CreateAsync(whole, Pairs)).TrainTokens, folder["one/x"][..^2]);
        using var expected = TokenShardSource.Open(folder.Root + "/one");

        Assert.InRange(blocks, 20, 60);
        Assert.Equal(Pairs, tokens.Count);
        for (var index = 0; index < Pairs; index++)
        {
            Assert.Equal(expected.Read(index).Tokens, tokens.Read(index).Tokens);
            Assert.Equal($"pairs.jsonl:{index + 1}", tokens.OriginOf(index)!.ToString());
        }
    }

    [Fact]
    public async Task Tokenize_ManyBlocks_AreAFewAtATime()
    {
        await using var host = await StartAsync(blockBytes: 200);

        var history = await HistoryAsync(host, (await CreateAsync(host, Pairs)).RunId);

        var (running, most) = (new HashSet<int>(), 0);
        foreach (var happened in history)
        {
            _ = happened.EventType switch
            {
                HistoryEventType.TaskScheduled when happened.Name == nameof(TokenizeBlock) => running.Add(happened.TaskId!.Value),
                HistoryEventType.TaskCompleted => running.Remove(happened.TaskId ?? -1),
                _ => false,
            };
            most = Math.Max(most, running.Count);
        }

        Assert.Equal(8, most);
    }

    [Fact]
    public async Task Tokenize_SameDataAgain_TokenizesNothing()
    {
        await using var host = await StartAsync();
        var first = await CreateAsync(host, Pairs, seed: 1);
        var second = await CreateAsync(host, Pairs, seed: 2, upload: false);
        var other = await CreateAsync(host, Pairs, seed: 1, upload: false, contextLength: 64);

        Assert.Equal(first.TrainTokens, second.TrainTokens);
        Assert.Equal(1, Count(await HistoryAsync(host, first.RunId), nameof(TokenizeBlock)));
        Assert.Equal(0, Count(await HistoryAsync(host, second.RunId), nameof(TokenizeBlock)));
        Assert.NotEqual(first.TrainTokens, other.TrainTokens);
    }

    [Fact]
    public async Task Tokenize_DataUploadedAgain_IsTokenizedAnew()
    {
        await using var host = await StartAsync();

        Assert.NotEqual((await CreateAsync(host, Pairs)).TrainTokens, (await CreateAsync(host, Pairs)).TrainTokens);
    }

    [Fact]
    public async Task Delete_LastRunOfTheTokens_TakesThemAlong()
    {
        await using var host = await StartAsync();
        var first = await CreateAsync(host, Pairs);
        var second = await CreateAsync(host, Pairs, upload: false);
        await host.ReportAsync(await host.ResultAsync(first));
        await host.ReportAsync(await host.ResultAsync(second));

        Assert.True(await host.Runs.DeleteAsync(host.Client, first.RunId));
        Assert.NotNull(await host.Get<ArtifactStore>().FindAsync(second.TrainTokens.Folder));

        Assert.True(await host.Runs.DeleteAsync(host.Client, second.RunId));
        Assert.Empty(await host.Blobs.ListAsync(Containers.Tokens, "", TestContext.Current.CancellationToken).ToListAsync());
    }

    [Fact]
    public async Task Tokenize_BadLines_AreNamedFromTheFilesBeginning()
    {
        await using var host = await StartAsync(blockBytes: 500);
        var lines = Lines(Pairs).Select((line, index) => index is 7 or 240 ? """{"prompt":1,"response":"x"}""" : line);
        await host.UploadAsync("pairs.jsonl", string.Join('\n', lines));
        var job = await CreateAsync(host, Pairs, upload: false, validate: false);

        var tokenized = (await host.Runs.EventsAsync(job.RunId)).Single(happened => happened.Type == RunEventTypes.DataTokenized);

        Assert.Contains("pairs.jsonl:8, pairs.jsonl:241)", tokenized.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_Text_GivesTheSameTokensInAnyBlocks()
    {
        using var folder = new TemporaryFolder();
        var text = string.Concat(Enumerable.Range(0, 400).Select(line => $"Say number {line},{new string(' ', line % 3)}please:\n{new string('\n', line % 4)}"));
        var streams = new List<List<int>>();
        foreach (var bytes in new[] { 1 << 20, 3000, 700 })
        {
            await using var host = await StartAsync(bytes);
            await host.UploadAsync("text/a.txt", text);
            var (run, _) = await host.Runs.CreateAsync(host.Client, new RunRequest(
                WorkflowHost.Model, "az://datasets/text", "main.demo.text", TaskType.ContinuedPretrain, ContextLength: 32));
            Assert.NotNull(run);
            var job = (await host.TakeJobAsync())!;
            await host.Get<ArtifactStore>().DownloadAsync(job.TrainTokens, folder[$"{bytes}/x"][..^2]);
            using var tokens = TokenShardSource.Open($"{folder.Root}/{bytes}");
            streams.Add([.. Enumerable.Range(0, (int)tokens.Count).SelectMany(index => tokens.Read(index).Tokens)]);
            var last = tokens.OriginOf(tokens.Count - 1)!;
            Assert.InRange(last.Line, text.Count(c => c == '\n') - 15, text.Count(c => c == '\n'));
        }

        Assert.Equal(streams[0], streams[1]);
        Assert.Equal(streams[0], streams[2]);
    }

    private static Task<WorkflowHost> StartAsync(long blockBytes = 1 << 20) =>
        WorkflowHost.StartAsync(configure: options => options with { TokenBlockBytes = blockBytes });

    private static IEnumerable<string> Lines(int count) =>
        Enumerable.Range(0, count).Select(i => JsonSerializer.Serialize(new { prompt = $"Say {i}:", response = $"{i}" }));

    /// <summary>Lets a run come to where it waits for a trainer.</summary>
    private static async Task<EpochJob> CreateAsync(
        WorkflowHost host, int pairs, int? seed = null, bool upload = true, bool validate = true, int? contextLength = null)
    {
        if (upload)
        {
            await host.UploadAsync("pairs.jsonl", string.Join('\n', Lines(pairs)));
        }

        var (run, faults) = await host.Runs.CreateAsync(host.Client, new RunRequest(
            WorkflowHost.Model, "az://datasets/pairs.jsonl", "main.demo.pairs", TaskType.InstructionFinetune,
            ContextLength: contextLength, ValidateInputs: validate, Seed: seed));
        Assert.Empty(faults);
        Assert.NotNull(run);
        return (await host.TakeJobAsync())!;
    }

    private static Task<IReadOnlyList<HistoryEvent>> HistoryAsync(WorkflowHost host, string id) => host.Client.GetOrchestrationHistoryAsync(id);

    private static int Count(IReadOnlyList<HistoryEvent> history, string activity) =>
        history.Count(happened => happened.EventType == HistoryEventType.TaskScheduled && happened.Name == activity);
}
