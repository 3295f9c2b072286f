namespace FineTune.Training.Engine;

/// <summary>A directory that is seen complete or not at all.</summary>
internal static class AtomicDirectory
{
    /// <summary>Fills a directory beside <paramref name="directory"/> and moves it there, where nothing or an empty one may be.</summary>
    public static void Write(string directory, Action<string> fill)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var temporary = $"{target}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(temporary);
        try
        {
            fill(temporary);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }
}
