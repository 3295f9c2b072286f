namespace FineTune.Cli.Demo;

/// <summary>The demo's own data folder, empty at the start and locked until disposed.</summary>
public sealed class DemoFolder : IDisposable
{
    private const string MarkerName = ".finetune-demo";
    private readonly FileStream marker;

    private DemoFolder(string path, FileStream marker)
    {
        FullPath = path;
        this.marker = marker;
    }

    public string FullPath { get; }

    /// <param name="keep">Go on with what an earlier demo left; otherwise it is removed.</param>
    /// <exception cref="UsageException">The folder holds something that no demo made, or another demo is running in it.</exception>
    public static DemoFolder Open(string path, bool keep)
    {
        var folder = Directory.CreateDirectory(path);
        var markerPath = Path.Combine(folder.FullName, MarkerName);
        if (!keep && !File.Exists(markerPath) && folder.EnumerateFileSystemInfos().Any())
        {
            throw new UsageException(
                $"{folder.FullName} is not empty and no demo made it. Name another folder with --data, or use it as it is with --keep.");
        }

        var opened = new DemoFolder(folder.FullName, Lock(markerPath, folder));
        if (!keep)
        {
            opened.Clear(folder);
        }

        return opened;
    }

    public void Dispose() => marker.Dispose();

    private static FileStream Lock(string markerPath, DirectoryInfo folder)
    {
        try
        {
            return new FileStream(markerPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held)
        {
            throw new UsageException($"Another demo is running in {folder.FullName} ({held.Message}). Wait for it, or name another folder with --data.");
        }
    }

    private void Clear(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().Where(entry => entry.FullName != marker.Name))
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
