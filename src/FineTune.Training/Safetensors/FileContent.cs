using FineTune.Core.Artifacts;

namespace FineTune.Training.Safetensors;

internal static class FileContent
{
    private const int Piece = 4 << 20;

    /// <summary>Writes every file into <paramref name="directory"/>.</summary>
    public static void Write(IEnumerable<ArtifactContent> contents, string directory)
    {
        foreach (var (name, open) in contents)
        {
            using var content = open();
            Write(Path.Combine(directory, name), content);
        }
    }

    /// <summary>Writes a stream to a new file in pieces large enough for the disk's full speed.</summary>
    public static void Write(string file, Stream source)
    {
        using var target = new FileStream(
            file,
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, PreallocationSize = source.Length });
        source.CopyTo(target, Piece);
    }
}
