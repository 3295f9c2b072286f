using System.Text;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Storage;
using FineTune.Testing;
using FineTune.Testing.Storage;

namespace FineTune.Core.Tests.Artifacts;

public sealed class ArtifactStoreTests : IDisposable
{
    private static readonly BlobPath Folder = new(Containers.Runs, "r/model");
    private readonly InMemoryBlobStore blobs = new();
    private readonly ArtifactStore store;
    private readonly TemporaryFolder source = new TemporaryFolder().With("config.json", "{}").With("weights/a.safetensors", "weights");
    private readonly TemporaryFolder target = new();

    public ArtifactStoreTests() => store = new ArtifactStore(blobs);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        source.Dispose();
        target.Dispose();
    }

    [Fact]
    public async Task PublishAsync_Folder_DownloadsTheSame()
    {
        var artifact = await PublishAsync();

        var manifest = await store.DownloadAsync(artifact, target.Root, cancellationToken: Token);

        Assert.Equal(["config.json", "weights/a.safetensors"], manifest.Files.Select(file => file.Name));
        Assert.Equal(9, manifest.TotalLength);
        Assert.Equal("weights", await File.ReadAllTextAsync(target["weights/a.safetensors"], Token));
        Assert.Equal(artifact, await store.FindAsync(Folder, Token));
    }

    [Fact]
    public async Task PublishAsync_DiesBeforeTheManifest_NothingVisibleAndRepeatable()
    {
        blobs.BeforeWrite = path => Fail(path.FileName == Manifest.FileName);
        await Assert.ThrowsAsync<IOException>(PublishAsync);
        Assert.Null(await store.FindAsync(Folder, Token));

        blobs.BeforeWrite = _ => { };
        Assert.Equal(await PublishAsync(), await store.FindAsync(Folder, Token));
    }

    [Fact]
    public async Task PublishAsync_SealedBefore_FirstOneStays()
    {
        var first = await PublishAsync();
        source.With("config.json", "{\"changed\":true}");

        Assert.Equal(first, await PublishAsync());
        await store.DownloadAsync(first, target.Root, cancellationToken: Token);
    }

    [Fact]
    public async Task PublishAsync_SeveralAtOnce_OneArtifact()
    {
        var published = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(PublishAsync, Token)));

        await store.DownloadAsync(Assert.Single(published.Distinct()), target.Root, cancellationToken: Token);
    }

    [Fact]
    public async Task PublishAsync_FileNamedAsTheManifest_Refused()
    {
        source.With(Manifest.FileName, "{}");

        var refused = await Assert.ThrowsAsync<FaultException>(PublishAsync);

        Assert.Equal("file_name_reserved", refused.Fault.Code);
        Assert.Null(await store.FindAsync(Folder, Token));
    }

    [Fact]
    public async Task DownloadAsync_FileChangedInStorage_CorruptAndNothingLeft()
    {
        var artifact = await PublishAsync();
        await WriteAsync(Folder / "config.json", "[]");

        var corrupt = await Assert.ThrowsAsync<ArtifactCorruptException>(DownloadAsync(artifact));

        Assert.Contains("config.json", corrupt.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(target.Root));
    }

    [Fact]
    public async Task DownloadAsync_FileGone_Corrupt()
    {
        var artifact = await PublishAsync();
        await blobs.DeleteAsync(Folder / "config.json", Token);

        await Assert.ThrowsAsync<ArtifactCorruptException>(DownloadAsync(artifact));
    }

    [Fact]
    public async Task DownloadAsync_ManifestReplaced_Corrupt()
    {
        var artifact = await PublishAsync();
        await WriteAsync(Folder / Manifest.FileName, "{\"kind\":\"model\",\"files\":[],\"properties\":{}}");

        await Assert.ThrowsAsync<ArtifactCorruptException>(DownloadAsync(artifact));
    }

    [Theory]
    [InlineData("../escaped.txt")]
    [InlineData("a/../../escaped.txt")]
    [InlineData("/escaped.txt")]
    public async Task DownloadAsync_NameLeavesTheFolder_CorruptAndNothingWritten(string name)
    {
        var manifest = new Manifest("model", [new ArtifactFile(name, 1, "00")], new Dictionary<string, string>());
        await blobs.WriteJsonAsync(Folder / Manifest.FileName, manifest, Token);
        await WriteAsync(Folder / name, "x");
        var artifact = (await store.FindAsync(Folder, Token))!;

        await Assert.ThrowsAsync<ArtifactCorruptException>(
            () => store.DownloadAsync(artifact, target["inner/x"][..^2], cancellationToken: Token));

        Assert.Empty(Directory.EnumerateFiles(target.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task DownloadAsync_FileThereAlready_NotFetchedAgainUnlessItDiffers()
    {
        var artifact = await PublishAsync();
        await store.DownloadAsync(artifact, target.Root, cancellationToken: Token);
        await blobs.DeleteAsync(Folder / "config.json", Token);
        target.With("weights/a.safetensors", "WEIGHTS");

        await store.DownloadAsync(artifact, target.Root, cancellationToken: Token);

        Assert.Equal("weights", await File.ReadAllTextAsync(target["weights/a.safetensors"], Token));
    }

    [Fact]
    public async Task CopyAsync_SomeFiles_SealedWithThoseAlone()
    {
        var copy = await store.CopyAsync(await PublishAsync(), new BlobPath(Containers.Models, "copy"), file => file.Name == "config.json", Token);

        Assert.Equal("config.json", Assert.Single((await store.DownloadAsync(copy, target.Root, cancellationToken: Token)).Files).Name);
    }

    private static void Fail(bool now)
    {
        if (now)
        {
            throw new IOException("The writer died.");
        }
    }

    private Task<ArtifactRef> PublishAsync() => store.PublishAsync(source.Root, Folder, "model", cancellationToken: Token);

    private Func<Task> DownloadAsync(ArtifactRef artifact) => () => store.DownloadAsync(artifact, target.Root, cancellationToken: Token);

    private Task<BlobInfo> WriteAsync(BlobPath path, string text) => blobs.WriteAsync(path, new MemoryStream(Encoding.UTF8.GetBytes(text)), Token);
}
