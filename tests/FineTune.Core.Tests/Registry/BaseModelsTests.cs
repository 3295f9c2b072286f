using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Registry;
using FineTune.Testing;
using FineTune.Testing.Storage;

namespace FineTune.Core.Tests.Registry;

public sealed class BaseModelsTests : IDisposable
{
    private const string Model = "meta-llama/Llama-3.2-1B";
    private readonly InMemoryBlobStore blobs = new();
    private readonly BaseModels models;
    private readonly TemporaryFolder folder = new TemporaryFolder().With("config.json", "{}").With("model.safetensors", "w");

    public BaseModelsTests() => models = new BaseModels(blobs, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task PublishAsync_Folder_FoundInAnyCaseAndListed()
    {
        var published = await models.PublishAsync(folder.Root, Model, Token);

        Assert.Equal(published, await models.FindAsync("META-llama/llama-3.2-1b", Token));
        Assert.Equal(published, Assert.Single(await models.ListAsync(Token)));
    }

    [Fact]
    public async Task PublishAsync_OtherContent_BecomesCurrentAndOldStays()
    {
        var old = await models.PublishAsync(folder.Root, Model, Token);
        var renewed = await models.PublishAsync(folder.With("model.safetensors", "W").Root, Model, Token);

        Assert.NotEqual(old.Artifact, renewed.Artifact);
        Assert.Equal(renewed, await models.FindAsync(Model, Token));
        Assert.Equal(2, (await new ArtifactStore(blobs).OpenAsync(old.Artifact, Token)).Files.Count);
    }

    [Fact]
    public async Task PublishAsync_SameContent_SameArtifact() =>
        Assert.Equal(
            (await models.PublishAsync(folder.Root, Model, Token)).Artifact, (await models.PublishAsync(folder.Root, Model, Token)).Artifact);

    [Fact]
    public async Task PublishAsync_DiesBeforeThePointer_Invisible()
    {
        blobs.BeforeWrite = path =>
        {
            if (path.FileName == "current.json")
            {
                throw new IOException("The host died.");
            }
        };

        await Assert.ThrowsAsync<IOException>(() => models.PublishAsync(folder.Root, Model, Token));

        Assert.Null(await models.FindAsync(Model, Token));
        Assert.Empty(await models.ListAsync(Token));
    }

    [Theory]
    [InlineData("model")]
    [InlineData("a/b/c")]
    [InlineData("../x")]
    [InlineData("a/")]
    public async Task PublishAsync_NotAModelName_RefusedAndNotFound(string name)
    {
        var refused = await Assert.ThrowsAsync<FaultException>(() => models.PublishAsync(folder.Root, name, Token));

        Assert.Equal("model_name_invalid", refused.Fault.Code);
        Assert.Null(await models.FindAsync(name, Token));
    }
}
