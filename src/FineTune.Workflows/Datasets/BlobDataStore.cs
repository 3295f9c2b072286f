using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using FineTune.Core.Datasets;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Datasets;

/// <summary>Data in the service's own storage: <c>az://container/name</c>.</summary>
public sealed partial class BlobDataStore(IBlobStore blobs) : IDataStore
{
    private const int LongestName = 1024;

    public bool Handles(string location) => BlobPath.TryParse(location, out _);

    public async Task<DataFile?> FindAsync(string location, CancellationToken cancellationToken = default) =>
        Parse(location) is { Name.Length: > 0 } path && !path.Name.EndsWith('/') && await blobs.FindAsync(path, cancellationToken) is { } blob
            ? DataFile.Of(blob)
            : null;

    public async IAsyncEnumerable<DataFile> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = Parse(folder);

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

    /// <summary>What the service would refuse as no name is said here.</summary>
    private static BlobPath Parse(string location) =>
        BlobPath.TryParse(location, out var path) && ContainerName().IsMatch(path.Container) && path.Name.Length <= LongestName
            ? path
            : throw new DataAccessException(
                "data_path_invalid",
                $"'{location}' is no address of a blob: a container's name has 3 to 63 letters in lower case, digits and single hyphens, and a blob's name at most {LongestName} characters.");

    [GeneratedRegex("^(?:[$]root|[a-z0-9](?:-?[a-z0-9]){2,62})$", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerName();
}
