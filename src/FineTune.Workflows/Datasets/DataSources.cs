using FineTune.Core.Datasets;
using FineTune.Data.Datasets;
using FineTune.Data.Sources;

namespace FineTune.Workflows.Datasets;

/// <summary>Data files as sources for the data path; their streams can seek.</summary>
public static class DataSources
{
    /// <summary>With the files that are left out, so that they are told of.</summary>
    public static IReadOnlyList<DatasetSource> Open(DataStores stores, LocatedData data) =>
        [.. Open(stores, data.Files), .. data.LeftOut.Select(DatasetSource.LeftOut)];

    public static IReadOnlyList<DatasetSource> Open(DataStores stores, IReadOnlyList<DataFile> files) =>
        [.. files.Select(file => new DatasetSource(file.Name, _ => Task.FromResult<Stream>(new DataFileStream(stores, file)))
        {
            Format = file.Columns is null ? FileFormat.Of(file.Name) : FileFormat.Parquet,
            Columns = file.Columns,
        })];
}
