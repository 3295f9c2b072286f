namespace FineTune.Data.Datasets;

/// <summary>Bounds of reading.</summary>
public sealed record DatasetOptions
{
    public static DatasetOptions Default { get; } = new();

    /// <summary>Longest line of a JSONL file in bytes; longer ones are reported and skipped without being held in memory.</summary>
    public int MaximumLineBytes { get; init; } = 16 << 20;

    /// <summary>Lines are read in blocks of about this many bytes.</summary>
    public int LineBlockBytes { get; init; } = 1 << 20;

    /// <summary>Text files are handed on in pieces of about this many bytes.</summary>
    public int TextBlockBytes { get; init; } = 1 << 20;
}
