using FineTune.Core.Datasets;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Sources;
using FineTune.Data.Sources.Delta;

namespace FineTune.Cli.Datasets;

/// <summary>Files of this machine as a data set.</summary>
public static class LocalSources
{
    /// <summary>The file, or the data files of the folder or pattern in the order of their names; what lies there besides is left out.</summary>
    /// <param name="taskType">Null before it is known.</param>
    /// <exception cref="UsageException">There is nothing to read.</exception>
    public static async Task<IReadOnlyList<DatasetSource>> OpenAsync(string option, string path, TaskType? taskType, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return [DatasetSource.FromFile(path)];
        }

        if (await OpenTableAsync(path, cancellationToken) is { } table)
        {
            return table;
        }

        var files = LocalFiles.Find(path)?.Files ?? throw new UsageException($"{option} '{path}' is neither a file nor a folder here. Check the path.");
        if (!files.Any(IsRead))
        {
            var there = files.Count == 0 ? "" : $" There are: {string.Join(", ", files.Take(5).Select(file => file.Name))}{(files.Count > 5 ? ", …" : "")}";
            throw new UsageException($"{option} '{path}' holds no file of a kind that is read: {FileFormat.KnownWithText}.{there}");
        }

        return [.. files.Select(file => IsRead(file) ? DatasetSource.FromFile(file.FullName, file.Name) : DatasetSource.LeftOut(file.Name))];

        bool IsRead(LocalFile file) => !file.IsLink && FileSelection.IsRead(file.Name, taskType);
    }

    private static async Task<IReadOnlyList<DatasetSource>?> OpenTableAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return Directory.Exists(path) && await DeltaTable.ReadAsync(new LocalTable(path), cancellationToken) is { } table
                ? [.. table.Files.Select(file => DatasetSource.FromFile(file.Location, file.Name) with { Format = FileFormat.Parquet, Columns = file.Columns })]
                : null;
        }
        catch (DataAccessException refused)
        {
            throw new UsageException(refused.Message);
        }
    }
}
