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

    /// <summary>Longest content of a compressed file in bytes: what 10 billion tokens take, four times over.</summary>
    public long MaximumDecompressedBytes { get; init; } = 160L << 30;

    /// <summary>How many times as long as a compressed file its content may be; text compresses to a fifth, and hardly ever to a fiftieth.</summary>
    public long MaximumExpansion { get; init; } = 250;

    /// <summary>Content of which <see cref="MaximumExpansion"/> isn't asked: small files may be as repetitive as they like.</summary>
    public long UncheckedExpansionBytes { get; init; } = 64 << 20;
}
