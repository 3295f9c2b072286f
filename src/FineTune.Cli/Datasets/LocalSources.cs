using FineTune.Data.Datasets;

namespace FineTune.Cli.Datasets;

/// <summary>Files of this machine as a data set.</summary>
public static class LocalSources
{
    private static readonly string[] Extensions = [".jsonl", ".ndjson", ".txt"];

    /// <summary>The file, or the data files below the folder in the order of their names; links in it are not followed.</summary>
    /// <exception cref="UsageException">There is nothing to read.</exception>
    public static IReadOnlyList<DatasetSource> Open(string option, string path)
    {
        if (File.Exists(path))
        {
            return [DatasetSource.FromFile(path)];
        }

        if (!Directory.Exists(path))
        {
            throw new UsageException($"{option} '{path}' is neither a file nor a folder here. Check the path.");
        }

        var walk = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden };
        var files = Directory.EnumerateFiles(path, "*", walk)
            .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .Select(file => DatasetSource.FromFile(file, Path.GetRelativePath(path, file)))
            .ToList();
        return files.Count > 0 ? files : throw new UsageException($"The folder '{path}' holds no {string.Join(", ", Extensions)} file.");
    }
}
