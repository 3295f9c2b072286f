using FineTune.Core.Artifacts;
using FineTune.Core.Storage;
using FineTune.Testing;
using FineTune.Testing.Storage;

namespace FineTune.Core.Tests.Artifacts;

/// <summary>What is uploaded is hashed on its way, however storage reads it.</summary>
public sealed class HashingStreamTests
{
    private static readonly BlobPath Folder = new(Containers.Runs, "r/model");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PublishAsync_StorageBeginsAgain_TheHashIsThatOfTheWhole()
    {
        var opened = 0;
        var content = new ArtifactContent("a.bin", () =>
        {
            opened++;
            return new MemoryStream([.. Enumerable.Range(0, 100_000).Select(i => (byte)i)]);
        });
        var store = new ArtifactStore(new RestartingStore());
        var artifact = await store.PublishAsync([content, ArtifactContent.Of("b.json", "{}"u8.ToArray())], Folder, "model", cancellationToken: Token);
        using var target = new TemporaryFolder();
        var manifest = await store.DownloadAsync(artifact, target.Root, cancellationToken: Token);
        Assert.Equal([100_000L, 2], manifest.Files.Select(file => file.Length));
        Assert.Equal(1, opened);
    }

    /// <summary>Reads a third of what it is given, then all of it from the start.</summary>
    private sealed class RestartingStore : IBlobStore
    {
        private readonly InMemoryBlobStore inner = new();

        public Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default) => inner.FindAsync(path, cancellationToken);

        public Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default) => inner.OpenReadAsync(path, cancellationToken);

        public async Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default)
        {
            await content.ReadExactlyAsync(new byte[content.Length / 3], cancellationToken);
            content.Position = 0;
            return await inner.WriteAsync(path, content, cancellationToken);
        }

        public Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
            inner.TryCreateAsync(path, content, cancellationToken);

        public Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
            inner.AppendAsync(path, content, cancellationToken);

        public IAsyncEnumerable<BlobInfo> ListAsync(string container, string prefix, CancellationToken cancellationToken = default) =>
            inner.ListAsync(container, prefix, cancellationToken);

        public Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default) => inner.DeleteAsync(path, cancellationToken);

        public Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default) =>
            inner.CopyAsync(source, destination, cancellationToken);
    }
}
