using FineTune.Core.Datasets;
using FineTune.Data.Datasets;

namespace FineTune.Workflows.Datasets;

/// <summary>Data files as sources for the data path; their streams can seek.</summary>
public static class DataSources
{
    public static IReadOnlyList<DatasetSource> Open(DataStores stores, IReadOnlyList<DataFile> files) =>
        [.. files.Select(file => new DatasetSource(file.Name, _ => Task.FromResult<Stream>(new DataFileStream(stores, file))))];
}
