namespace FineTune.Cli.Datasets;

public static class LocalPath
{
    /// <summary>Whether <paramref name="path"/> means a file or folder of this machine.</summary>
    /// <exception cref="UsageException">It is written as one but there is none.</exception>
    public static bool IsMeant(string option, string path)
    {
        if (path.Contains("://", StringComparison.Ordinal))
        {
            return false;
        }

        if (File.Exists(path) || Directory.Exists(path) || LocalFiles.IsPattern(path))
        {
            return true;
        }

        if (path.StartsWith("./", StringComparison.Ordinal)
            || path.StartsWith("../", StringComparison.Ordinal)
            || path.StartsWith('~')
            || path.Contains('\\', StringComparison.Ordinal))
        {
            throw new UsageException($"{option} '{path}' is neither a file nor a folder here. Check the path, or name data the host knows.");
        }

        return false;
    }
}
