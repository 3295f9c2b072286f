using FineTune.Core.Artifacts;
using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>A checkpoint copied aside, so that it can be written while training goes on. Its memory is kept for the next one.</summary>
public sealed unsafe class CheckpointSnapshot : IDisposable
{
    /// <summary>Bytes that a thread copies at a time.</summary>
    private const long Piece = 16 << 20;

    private readonly NativeBuffer<byte> memory = new();

    /// <summary>The files as they were at <see cref="Take"/>; valid until the next one.</summary>
    public IReadOnlyList<ArtifactContent> Contents { get; private set; } = [];

    /// <summary>Bytes that <paramref name="contents"/> take in memory.</summary>
    public static long Size(IReadOnlyList<ArtifactContent> contents) => contents.Sum(Length);

    /// <summary>Copies <paramref name="contents"/> on all processors.</summary>
    public void Take(IReadOnlyList<ArtifactContent> contents)
    {
        long[] lengths = [.. contents.Select(Length)];
        var data = memory.Reserve(lengths.Sum());
        var copies = new ArtifactContent[contents.Count];
        var pieces = new List<(ArtifactContent Content, long First, long Count, nint Target)>();
        foreach (var (i, content) in contents.Index())
        {
            var start = data;
            var length = lengths[i];
            copies[i] = content with { Open = () => new UnmanagedMemoryStream(start, length) };
            for (var first = 0L; first < length; first += Piece)
            {
                pieces.Add((content, first, Math.Min(Piece, length - first), (nint)(start + first)));
            }

            data += length;
        }

        Parallel.ForEach(pieces, piece =>
        {
            using var source = piece.Content.Open();
            source.Position = piece.First;
            source.ReadExactly(new Span<byte>((void*)piece.Target, (int)piece.Count));
        });
        Contents = copies;
    }

    public void Dispose() => memory.Dispose();

    private static long Length(ArtifactContent content)
    {
        using var stream = content.Open();
        return stream.Length;
    }
}
