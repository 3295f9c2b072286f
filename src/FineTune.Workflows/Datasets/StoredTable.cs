using FineTune.Core.Datasets;
using FineTune.Core.Storage;
using FineTune.Data.Sources.Delta;

namespace FineTune.Workflows.Datasets;

/// <summary>A folder of a data store that may hold a table.</summary>
/// <param name="location">The folder's address.</param>
/// <param name="name">As users write it.</param>
internal sealed class StoredTable(IDataStore store, DataStores stores, string location, string name) : ITableFolder
{
    public string Name => name;

    public string Location { get; } = (BlobPath.TryParse(location, out var path) ? path.ToString() : location).TrimEnd('/');

    public IAsyncEnumerable<DataFile> ListAsync(string path, CancellationToken cancellationToken = default)
    {
        var folder = path.Length == 0 ? Location : $"{Location}/{path}";
        return store.ListAsync(folder, cancellationToken).Where(file => file.Location.StartsWith(folder + "/", StringComparison.Ordinal));
    }

    public Stream Open(DataFile file) => new DataFileStream(stores, file);
}
