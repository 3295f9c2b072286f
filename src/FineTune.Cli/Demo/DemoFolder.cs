using FineTune.Cli.Hosting;

namespace FineTune.Cli.Demo;

/// <summary>The demo's own data folder.</summary>
public static class DemoFolder
{
    private const string MarkerName = ".finetune-demo";

    /// <summary>Makes the folder, and empties it of what an earlier demo left unless that is to be kept.</summary>
    /// <param name="hold">Takes the folder as a host does, so that no living host loses its data and no orphan writes on.</param>
    /// <exception cref="UsageException">The folder holds something that no demo made.</exception>
    public static async Task PrepareAsync(string path, bool keep, HoldData hold, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(path);
        var marker = Path.Combine(folder.FullName, MarkerName);
        if (!keep && !File.Exists(marker) && folder.EnumerateFileSystemInfos().Any())
        {
            throw new UsageException(
                $"{folder.FullName} is not empty and no demo made it. Name another folder with --data, or use it as it is with --keep.");
        }

        if (keep)
        {
            return;
        }

        await File.WriteAllTextAsync(marker, "", cancellationToken);
        await using (await hold(folder.FullName, cancellationToken))
        {
            Clear(folder);
        }
    }

    private static void Clear(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().Where(entry => entry.Name is not (MarkerName or LocalHostAdapter.LockName)))
        {
            if (entry is DirectoryInfo directory)
            {
                directory.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }
}
