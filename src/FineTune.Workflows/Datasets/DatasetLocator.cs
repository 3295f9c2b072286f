using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Datasets;

/// <summary>
/// Finds the files behind a path as users write it: <c>az://container/path</c>, <c>/Volumes/catalog/schema/volume/path</c> and
/// <c>dbfs:/Volumes/…</c>, the last two mapped to the datasets container. A path names a file, or a folder of files.
/// </summary>
public sealed class DatasetLocator(IBlobStore blobs)
{
    private const string Volumes = "/Volumes/";

    /// <summary>Non-empty, in name order.</summary>
    /// <exception cref="FaultException">The path has no known form, or nothing lies there.</exception>
    public async Task<IReadOnlyList<DataFile>> FindAsync(
        string path, TaskType taskType, string phase, string field, CancellationToken cancellationToken = default)
    {
        var location = Parse(path, phase, field);
        if (location.Name.Length > 0 && await blobs.FindAsync(location, cancellationToken) is { } file)
        {
            return [DataFile.Of(file)];
        }

        var extensions = taskType == TaskType.ContinuedPretrain ? new[] { ".txt", ".jsonl" } : [".jsonl"];
        var prefix = location.Name.Length == 0 ? "" : location.Name.TrimEnd('/') + "/";
        var files = new List<DataFile>();
        await foreach (var blob in blobs.ListAsync(location.Container, prefix, cancellationToken))
        {
            if (extensions.Any(extension => blob.Path.Name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
            {
                files.Add(DataFile.Of(blob));
            }
        }

        return files.Count > 0 ? files : throw new FaultException(Fault.Caller(
            phase,
            "data_not_found",
            $"{field} '{path}' is neither a file nor a folder with {string.Join(" or ", extensions)} files. Upload the data first.",
            field));
    }

    private static BlobPath Parse(string path, string phase, string field)
    {
        if (BlobPath.TryParse(path, out var blob))
        {
            return blob;
        }

        var volume = path.StartsWith("dbfs:", StringComparison.OrdinalIgnoreCase) ? path["dbfs:".Length..] : path;
        return volume.StartsWith(Volumes, StringComparison.Ordinal)
            ? new BlobPath(Containers.Datasets, volume[Volumes.Length..])
            : throw new FaultException(Fault.Caller(
                phase,
                "data_path_invalid",
                $"{field} '{path}' has no known form. Give az://container/path, /Volumes/catalog/schema/volume/path or dbfs:/Volumes/….",
                field));
    }
}
