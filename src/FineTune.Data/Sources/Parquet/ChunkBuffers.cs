namespace FineTune.Data.Sources.Parquet;

/// <summary>Memory of a column's pages, used again from page to page.</summary>
internal sealed class ChunkBuffers
{
    public byte[] Page = [];
    public byte[] Dictionary = [];

    public byte[] Window { get; set; } = [];
}
