using System.Runtime.CompilerServices;
using FineTune.Core.Datasets;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Datasets;

/// <summary>Data in the service's own storage: <c>az://container/name</c>.</summary>
public sealed class BlobDataStore(IBlobStore blobs) : IDataStore
{
    public bool Handles(string location) => BlobPath.TryParse(location, out _);

    public async Task<DataFile?> FindAsync(string location, CancellationToken cancellationToken = default) =>
        BlobPath.TryParse(location, out var path) && path.Name.Length > 0 && await blobs.FindAsync(path, cancellationToken) is { } blob
            ? DataFile.Of(blob)
            : null;

    public async IAsyncEnumerable<DataFile> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!BlobPath.TryParse(folder, out var path))
        {
            yield break;
        }

        var prefix = path.Name.Length == 0 ? "" : path.Name.TrimEnd('/') + "/";
        await foreach (var blob in blobs.ListAsync(path.Container, prefix, cancellationToken))
        {
            yield return DataFile.Of(blob);
        }
    }

    public async Task<Stream> OpenReadAsync(DataFile file, long offset = 0, CancellationToken cancellationToken = default)
    {
        if (!BlobPath.TryParse(file.Location, out var path) || (await blobs.FindAsync(path, cancellationToken))?.ETag != file.ETag)
        {
            throw DataAccessException.Changed(file.Location);
        }

        return await blobs.OpenReadAsync(path, offset, cancellationToken);
    }
}
