namespace FineTune.Data.Sources.Parquet;

/// <summary>Bounds within which files are read; writers stay far below with their defaults.</summary>
internal static class ParquetLimits
{
    public const int FooterBytes = 64 << 20;

    /// <summary>A page of one column without its compression. Most writers make pages of about 1 MiB, DuckDB of up to 100 MB.</summary>
    public const int PageBytes = 112 << 20;

    /// <summary>A page as it lies in the file.</summary>
    public const int StoredPageBytes = 72 << 20;

    /// <summary>What is held of all columns at once: a page of each, its dictionary, and where its values are.</summary>
    public const int HeldBytes = 128 << 20;

    /// <summary>Entries of a page, nulls included.</summary>
    public const int PageValues = 4 << 20;

    public const int PageHeaderBytes = 8 << 20;

    /// <summary>Groups in groups of the schema.</summary>
    public const int SchemaDepth = 32;

    public const int SchemaFields = 20_000;

    /// <summary>Values in a block of delta encoding; writers use 128 to 1,024.</summary>
    public const int DeltaBlockValues = 1 << 16;
}
