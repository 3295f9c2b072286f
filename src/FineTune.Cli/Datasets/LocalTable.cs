using System.Runtime.CompilerServices;
using FineTune.Core.Datasets;
using FineTune.Data.Sources.Delta;

namespace FineTune.Cli.Datasets;

/// <summary>A folder of this machine that may hold a table; links in it are not followed.</summary>
public sealed class LocalTable(string path) : ITableFolder
{
    public string Name { get; } = new DirectoryInfo(path).Name;

    public string Location { get; } = Path.GetFullPath(path).Replace(Path.DirectorySeparatorChar, '/').TrimEnd('/');

    /// <summary>Whether there is a log.</summary>
    public static bool IsHere(string path) => Directory.Exists(Path.Combine(path, "_delta_log"));

    public async IAsyncEnumerable<DataFile> ListAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        var folder = new DirectoryInfo($"{Location}/{path}");
        if (!folder.Exists)
        {
            yield break;
        }

        var walk = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var file in folder.EnumerateFiles("*", walk).OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var location = file.FullName.Replace(Path.DirectorySeparatorChar, '/');
            yield return new DataFile(location, location[(Location.Length + 1)..], file.Length, "");
        }
    }

    public Stream Open(DataFile file) => File.OpenRead(file.Location);
}
