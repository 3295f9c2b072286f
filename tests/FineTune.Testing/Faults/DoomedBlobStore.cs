using System.Runtime.CompilerServices;
using FineTune.Core.Storage;

namespace FineTune.Testing.Faults;

/// <summary>A process's blob store; every change is a side effect.</summary>
public sealed class DoomedBlobStore(IBlobStore blobs, DoomedProcess process) : IBlobStore
{
    public Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default)
    {
        process.ThrowIfDead();
        return blobs.FindAsync(path, cancellationToken);
    }

    public Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default)
    {
        process.ThrowIfDead();
        return blobs.OpenReadAsync(path, cancellationToken);
    }

    public Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
        process.DoAsync($"write {path}", () => blobs.WriteAsync(path, content, cancellationToken));

    public Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
        process.DoAsync($"create {path}", () => blobs.TryCreateAsync(path, content, cancellationToken));

    public Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        process.DoAsync($"append {path}", () => blobs.AppendAsync(path, content, cancellationToken));

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        process.ThrowIfDead();
        await foreach (var blob in blobs.ListAsync(container, prefix, cancellationToken))
        {
            yield return blob;
        }
    }

    public Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default) =>
        process.DoAsync($"delete {path}", () => blobs.DeleteAsync(path, cancellationToken));

    public Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default) =>
        process.DoAsync($"copy {destination}", () => blobs.CopyAsync(source, destination, cancellationToken));
}
