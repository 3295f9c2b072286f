using FineTune.Core.Storage;
using FineTune.Data.Datasets;

namespace FineTune.Workflows.Datasets;

/// <summary>Data files in storage as sources for the data path.</summary>
public static class DataSources
{
    public static IReadOnlyList<DatasetSource> Open(IBlobStore blobs, IReadOnlyList<DataFile> files) =>
        [.. files.Select(file => new DatasetSource(file.Path.Name, cancellation => blobs.OpenReadAsync(file.Path, cancellation)))];
}
