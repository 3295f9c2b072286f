namespace FineTune.Data.Datasets;

/// <summary>One file of a data set. A folder is several sources in the order of their names.</summary>
/// <param name="Name">As the user knows it, with extension; used in every message.</param>
/// <param name="OpenAsync">Opens the content at its beginning; called once a pass. The reader disposes the stream.</param>
public sealed record DatasetSource(string Name, Func<CancellationToken, Task<Stream>> OpenAsync)
{
    public static DatasetSource FromFile(string path, string? name = null) =>
        new(name ?? Path.GetFileName(path), _ => Task.FromResult<Stream>(File.OpenRead(path)));
}
