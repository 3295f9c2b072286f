using System.Buffers;
using FineTune.Data.Sources;

namespace FineTune.Data.Datasets;

/// <summary>Whole lines of a file, or one line that is too long. Dispose it to give its memory back.</summary>
/// <param name="FirstLine">Number of the first line, from 1.</param>
/// <param name="Bytes">The lines with their ends; of a line that is too long, the beginning.</param>
/// <param name="TooLong">The length of the line in bytes when it is too long, otherwise 0.</param>
internal sealed record LineBlock(long FirstLine, ReadOnlyMemory<byte> Bytes, long TooLong, byte[] Rented) : IDisposable
{
    private byte[]? rented = Rented;

    /// <summary>What users call a line of this file.</summary>
    public string RecordName { get; init; } = DatasetProblem.DefaultRecord;

    /// <summary>Records that couldn't be read, in order; their lines are blank.</summary>
    public IReadOnlyList<RecordProblem> Problems { get; init; } = [];

    /// <summary>Whether there is any line but blank ones.</summary>
    public bool HasContent => Problems.Count > 0 || Bytes.Span.ContainsAnyExcept(" \t\r\n"u8);

    /// <summary>Whether its first line with content opens a JSON document that goes on below.</summary>
    public bool OpensDocument => Bytes.Span.TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', .. var rest] && rest.TrimStart(" \t\r"u8) is [(byte)'\n', ..];

    public void Dispose()
    {
        if (Interlocked.Exchange(ref rented, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    /// <summary>The lines without LF or CR LF.</summary>
    public IEnumerable<(long Number, ReadOnlyMemory<byte> Bytes)> Lines()
    {
        var (rest, number) = (Bytes, FirstLine);
        while (!rest.IsEmpty)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            yield return (number++, line.Span.EndsWith("\r"u8) ? line[..^1] : line);
            rest = end < 0 ? default : rest[(end + 1)..];
        }
    }
}
