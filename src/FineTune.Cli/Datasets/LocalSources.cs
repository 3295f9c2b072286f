using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Sources;

namespace FineTune.Cli.Datasets;

/// <summary>Files of this machine as a data set.</summary>
public static class LocalSources
{
    /// <summary>The file, or the data files of the folder or pattern in the order of their names; what lies there besides is left out.</summary>
    /// <param name="taskType">Null before it is known.</param>
    /// <exception cref="UsageException">There is nothing to read.</exception>
    public static IReadOnlyList<DatasetSource> Open(string option, string path, TaskType? taskType)
    {
        if (File.Exists(path))
        {
            return [DatasetSource.FromFile(path)];
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
}
