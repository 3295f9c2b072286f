using System.IO.Enumeration;
using FineTune.Data.Sources;

namespace FineTune.Cli.Datasets;

/// <summary>A file below a folder of this machine.</summary>
/// <param name="Name">Below the folder, with slashes.</param>
/// <param name="IsLink">A symbolic link: not followed, as it may lead anywhere.</param>
public sealed record LocalFile(string FullName, string Name, bool IsLink);

/// <summary>Files of a folder, in name order.</summary>
/// <param name="Folder">The whole path.</param>
public sealed record LocalFolder(string Folder, IReadOnlyList<LocalFile> Files);

/// <summary>Files of this machine as users name them: a file, a folder, or a pattern.</summary>
public static class LocalFiles
{
    /// <summary>Whether <paramref name="path"/> is a pattern over a folder that is here.</summary>
    public static bool IsPattern(string path) => !Directory.Exists(path) && Parse(path) is { } pattern && Directory.Exists(FolderOf(pattern));

    /// <summary>Those of the folder, or below it those that the pattern matches; null when there is neither.</summary>
    /// <exception cref="UsageException">The pattern is none.</exception>
    public static LocalFolder? Find(string path)
    {
        var pattern = Directory.Exists(path) ? null : Parse(path);
        var folder = pattern is null ? Path.GetFullPath(path) : FolderOf(pattern);
        return Directory.Exists(folder)
            ? new LocalFolder(folder, [.. Enumerate(folder, FileSelection.Counts).Where(file => pattern?.IsMatch(file.Name) != false)])
            : null;
    }

    /// <summary>Every file of the folder.</summary>
    public static LocalFolder All(string folder) => new(Path.GetFullPath(folder), [.. Enumerate(folder, _ => true)]);

    /// <summary>A pattern may begin at the root, below which its folder's name is empty.</summary>
    private static string FolderOf(GlobPattern pattern) => Path.GetFullPath(pattern.Folder.Length > 0 || pattern.IsRooted ? pattern.Folder + "/" : ".");

    private static GlobPattern? Parse(string path)
    {
        try
        {
            return GlobPattern.IsPattern(path) ? GlobPattern.Parse(path) : null;
        }
        catch (FormatException invalid)
        {
            throw new UsageException($"'{path}': {invalid.Message}");
        }
    }

    private static IEnumerable<LocalFile> Enumerate(string root, Func<string, bool> counts)
    {
        var all = new FileSystemEnumerable<LocalFile>(
            root,
            (ref FileSystemEntry entry) => new LocalFile(
                entry.ToFullPath(),
                Path.GetRelativePath(root, entry.ToFullPath()).Replace(Path.DirectorySeparatorChar, '/'),
                IsLink(entry)),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory || IsLink(entry),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsLink(entry),
        };
        return all.Where(file => counts(file.Name)).OrderBy(file => file.Name, StringComparer.Ordinal);
    }

    private static bool IsLink(in FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
}
