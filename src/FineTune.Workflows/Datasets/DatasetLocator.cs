using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Data.Sources;
using FineTune.Data.Sources.Delta;

namespace FineTune.Workflows.Datasets;

/// <summary>What a path leads to.</summary>
/// <param name="Files">Non-empty, in name order, pinned.</param>
/// <param name="LeftOut">Names of files that lie there, too, but aren't read.</param>
public sealed record LocatedData(IReadOnlyList<DataFile> Files, IReadOnlyList<string> LeftOut);

/// <summary>
/// Finds the files behind a path as users write it: a file, a folder of files, a pattern, a table or a split of a data set, in any of the
/// <see cref="DataStores"/>.
/// </summary>
public sealed class DatasetLocator(DataStores stores, WorkflowOptions options)
{
    private const int Named = 5;

    /// <exception cref="FaultException">The path has no known form, can't be read, or nothing to read lies there.</exception>
    public async Task<LocatedData> FindAsync(
        string path, TaskType taskType, string phase, string field, CancellationToken cancellationToken = default)
    {
        try
        {
            var location = await stores.ResolveAsync(DataPath.Parse(path, options.TablesPath), cancellationToken);
            var store = stores.Of(location) ?? throw DataPath.Unknown(path);
            path = DataPath.Display(path);
            return await store.FindAsync(location, cancellationToken) is { } file ? new LocatedData([file], [])
                : await FindTableAsync(store, location, path, cancellationToken) is { } table ? table
                : await SelectAsync(store, location, path, taskType, cancellationToken);
        }
        catch (DataAccessException refused)
        {
            throw new FaultException(refused.ToFault(phase, field), refused);
        }
    }

    /// <summary>The files of the newest version of the Delta table at <paramref name="location"/>; null when there is none.</summary>
    private async Task<LocatedData?> FindTableAsync(IDataStore store, string location, string path, CancellationToken cancellationToken)
    {
        if (!store.MayHoldTables || GlobPattern.IsPattern(location))
        {
            return null;
        }

        var name = path.TrimEnd('/');
        var table = await DeltaTable.ReadAsync(new StoredTable(store, stores, location, name[(name.LastIndexOf('/') + 1)..]), cancellationToken);
        return table is { Files.Count: 0 } ? throw new DataAccessException("data_not_found", $"The Delta table '{path}' is empty at version {table.Version}.")
            : table is not null ? new LocatedData(table.Files, [])
            : DataPath.IsTable(path) ? throw new DataAccessException(
                "data_not_found", $"There is no table '{path}': {location} has no _delta_log. Copy the table's folder there, or give the path of a folder that has one.")
            : null;
    }

    private static async Task<LocatedData> SelectAsync(
        IDataStore store, string location, string path, TaskType taskType, CancellationToken cancellationToken)
    {
        var pattern = GlobPattern.IsPattern(location) ? ParsePattern(location, path) : null;
        var folder = (pattern?.Folder ?? location).TrimEnd('/');
        var (files, leftOut) = (new List<DataFile>(), new List<string>());
        await foreach (var file in store.ListAsync(folder, cancellationToken))
        {
            var name = file.Location.StartsWith(folder + "/", StringComparison.Ordinal) ? file.Location[(folder.Length + 1)..] : file.Name;
            if (name.Contains("/_delta_log/", StringComparison.Ordinal))
            {
                throw new DataAccessException(
                    "data_path_invalid", $"'{path}' has a Delta table in it, '{name[..name.IndexOf("/_delta_log/", StringComparison.Ordinal)]}', whose files may be of old versions. Name the table's folder.");
            }

            if (!FileSelection.Counts(name) || pattern?.IsMatch(name) == false)
            {
                continue;
            }

            if (FileSelection.IsRead(file.Name, taskType))
            {
                files.Add(file);
            }
            else
            {
                leftOut.Add(file.Name);
            }
        }

        return files.Count > 0 ? new LocatedData(files, leftOut) : throw NotFound(path, pattern is not null, leftOut, taskType);
    }

    private static GlobPattern ParsePattern(string location, string path)
    {
        try
        {
            return GlobPattern.Parse(location);
        }
        catch (FormatException invalid)
        {
            throw new DataAccessException("data_path_invalid", $"'{path}': {invalid.Message}", invalid);
        }
    }

    private static DataAccessException NotFound(string path, bool isPattern, List<string> leftOut, TaskType taskType)
    {
        var kinds = taskType == TaskType.ContinuedPretrain ? FileFormat.KnownWithText : FileFormat.Known;
        var there = leftOut.Count == 0 ? "Upload the data first, or check the path."
            : $"There are: {string.Join(", ", leftOut.Take(Named))}{(leftOut.Count > Named ? $" and {leftOut.Count - Named} more" : "")}.";
        return new DataAccessException(
            "data_not_found", $"'{path}' {(isPattern ? "matches no file" : "is neither a file nor a folder with files")} of a kind that is read: {kinds}. {there}");
    }
}
