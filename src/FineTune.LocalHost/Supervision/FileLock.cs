namespace FineTune.LocalHost.Supervision;

/// <summary>A lock between processes: an open handle on a file, so the system releases it however the holder ends.</summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private readonly FileStream handle;

    private FileLock(FileStream handle) => this.handle = handle;

    /// <summary>Takes the lock, or answers null when another holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Waits for its turn.</summary>
    public static async Task<FileLock> TakeAsync(string path, CancellationToken cancellationToken)
    {
        FileLock? taken;
        while ((taken = TryTake(path)) is null)
        {
            await Task.Delay(Poll, cancellationToken);
        }

        return taken;
    }

    // The file stays: deleting it would let two processes lock two files of one name.
    public void Dispose() => handle.Dispose();
}
