using FineTune.Core.Artifacts;
using FineTune.Core.Models;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing;
using FineTune.Testing.Storage;

namespace FineTune.Core.Tests.Registry;

public sealed class ModelRegistryTests : IDisposable
{
    private static readonly RegisteredModelName Name = new("main", "demo", "ner");
    private static readonly VersionFacts Facts = new("finetune/tiny-llama", "finetune", new Dictionary<string, double> { ["eval_loss"] = 0.5 });
    private readonly InMemoryBlobStore blobs = new();
    private readonly ModelRegistry registry;
    private readonly TemporaryFolder folder = new TemporaryFolder()
        .With("config.json", "{}").With("model.safetensors", "w").With("optimizer.safetensors", "o").With("training_state.json", "{}");

    public ModelRegistryTests() => registry = new ModelRegistry(blobs, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task RegisterAsync_FirstRun_VersionOneWithoutOptimizerState()
    {
        var registered = await RegisterAsync("run-1");

        Assert.Equal(new RegisteredVersion("main.demo.ner", 1), registered);
        var record = (await registry.FindAsync(Name, cancellationToken: Token))!;
        Assert.Equal(("run-1", 1, Name), (record.RunId, record.Version, record.Name));
        Assert.Equal(0.5, record.Facts.Metrics["eval_loss"]);
        var manifest = await new ArtifactStore(blobs).OpenAsync(record.Artifact, Token);
        Assert.Equal(["config.json", "model.safetensors"], manifest.Files.Select(file => file.Name));
        Assert.Equal("registered/main/demo/ner/v1", record.Artifact.Folder.Name);
    }

    [Fact]
    public async Task RegisterAsync_SameRunAgain_SameVersionUnchanged()
    {
        await RegisterAsync("run-1");
        var before = (await registry.FindAsync(Name, cancellationToken: Token))!;
        await RegisterAsync("run-2");

        Assert.Equal(1, (await RegisterAsync("run-1")).Version);
        Assert.Equal(before.Created, (await registry.FindAsync(Name, 1, Token))!.Created);
    }

    [Fact]
    public async Task RegisterAsync_ManyRunsAtOnceEachTwice_NumbersWithoutGapOrShare()
    {
        var source = await SourceAsync("any");
        var runs = Enumerable.Range(0, 16).Select(n => $"run-{n / 2}").ToArray();

        var registered = await Task.WhenAll(runs.Select(run => Task.Run(() => registry.RegisterAsync(Name, run, source, Facts, Token), Token)));

        var byRun = runs.Zip(registered).GroupBy(pair => pair.First, pair => pair.Second.Version).Select(group => group.Distinct().Single());
        Assert.Equal(Enumerable.Range(1, 8), byRun.Order());
        Assert.Equal(8, (await registry.ListVersionsAsync(Name, Token)).Count);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("manifest.json")]
    [InlineData("version.json")]
    public async Task RegisterAsync_DiesHalfWay_InvisibleUntilRepeated(string diesAt)
    {
        var source = await SourceAsync("run-1");
        blobs.BeforeWrite = path =>
        {
            if (path.FileName == diesAt)
            {
                throw new IOException("The host died.");
            }
        };
        await Assert.ThrowsAsync<IOException>(() => registry.RegisterAsync(Name, "run-1", source, Facts, Token));
        Assert.Null(await registry.FindAsync(Name, cancellationToken: Token));
        Assert.Null(await registry.FindAsync(Name, 1, Token));
        Assert.Empty(await registry.ListModelsAsync(Token));

        blobs.BeforeWrite = _ => { };
        Assert.Equal(2, (await RegisterAsync("run-2")).Version);
        Assert.Equal(1, (await registry.RegisterAsync(Name, "run-1", source, Facts, Token)).Version);
        Assert.Equal([1, 2], (await registry.ListVersionsAsync(Name, Token)).Select(version => version.Version));
    }

    [Fact]
    public async Task FindAsync_LatestOfMoreThanNine_HighestNumber()
    {
        for (var n = 1; n <= 10; n++)
        {
            await RegisterAsync($"run-{n}");
        }

        Assert.Equal(10, (await registry.FindAsync(Name, cancellationToken: Token))!.Version);
    }

    [Fact]
    public async Task ListModelsAsync_SeveralNames_EachWithItsLatest()
    {
        var other = new RegisteredModelName("main", "demo", "ner2");
        await RegisterAsync("run-1");
        await RegisterAsync("run-2");
        await registry.RegisterAsync(other, "run-1", await SourceAsync("run-1"), Facts, Token);

        Assert.Equal([new RegisteredModel(Name, 2, 2), new RegisteredModel(other, 1, 1)], await registry.ListModelsAsync(Token));
    }

    private async Task<RegisteredVersion> RegisterAsync(string run) =>
        await registry.RegisterAsync(Name, run, await SourceAsync(run), Facts, Token);

    private Task<ArtifactRef> SourceAsync(string run) =>
        new ArtifactStore(blobs).PublishAsync(folder.Root, new BlobPath(Containers.Runs, $"{run}/work/final"), "checkpoint", cancellationToken: Token);
}
