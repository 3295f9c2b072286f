using FineTune.Core.Datasets;

namespace FineTune.Data.Sources.Delta;

/// <summary>A folder that may hold a table.</summary>
public interface ITableFolder
{
    /// <summary>The table as messages call it.</summary>
    string Name { get; }

    /// <summary>Where it lies, without a slash at the end; files in it have this as the beginning of <see cref="DataFile.Location"/>.</summary>
    string Location { get; }

    /// <summary>All files at <paramref name="path"/> (a folder in this one, or "" for all) in name order.</summary>
    IAsyncEnumerable<DataFile> ListAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>A stream that can seek.</summary>
    Stream Open(DataFile file);
}
