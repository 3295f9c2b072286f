using FineTune.Core.Datasets;

namespace FineTune.Workflows.Datasets;

/// <summary>All places data may lie in.</summary>
public sealed class DataStores(IEnumerable<IDataStore> stores)
{
    private readonly IReadOnlyList<IDataStore> stores = [.. stores];

    /// <summary>The one whose address <paramref name="location"/> is, or null.</summary>
    public IDataStore? Of(string location) => stores.FirstOrDefault(store => store.Handles(location));

    /// <summary>Where the data of a path lies, in the form that is kept.</summary>
    /// <exception cref="DataAccessException">The path leads nowhere.</exception>
    public async Task<string> ResolveAsync(string path, CancellationToken cancellationToken = default)
    {
        var location = DataPath.Parse(path);
        return Of(location) is { } store ? await store.ResolveAsync(location, cancellationToken) : location;
    }

    public Task<Stream> OpenReadAsync(DataFile file, long offset = 0, CancellationToken cancellationToken = default) =>
        (Of(file.Location) ?? throw new DataAccessException("data_path_invalid", $"Nothing is configured that reads {DataPath.Display(file.Location)}."))
            .OpenReadAsync(file, offset, cancellationToken);
}
