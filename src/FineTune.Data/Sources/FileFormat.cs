using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>What a file's name says of its content: <c>name.jsonl.gz</c> is lines of JSON in gzip.</summary>
public sealed record FileFormat(RecordFormat Records, Compression Compression)
{
    /// <summary>The extensions that are read, as messages list them.</summary>
    public const string Known = ".jsonl, .ndjson, .json, .csv, each also with .gz or .zst, .parquet";

    /// <summary>The same for CONTINUED_PRETRAIN.</summary>
    public const string KnownWithText = ".txt, " + Known;

    /// <summary>Whether reading may begin at any of its line ends.</summary>
    public bool IsDivisible => Compression == Compression.None && Records is RecordFormat.JsonLines or RecordFormat.Text;

    /// <summary>Tables' files, whatever their names.</summary>
    public static FileFormat Parquet { get; } = new(RecordFormat.Parquet, Compression.None);

    public static FileFormat Of(string name)
    {
        var compression = Extension(name) switch
        {
            ".GZ" => Compression.Gzip,
            ".ZST" => Compression.Zstandard,
            _ => Compression.None,
        };
        var records = RecordsOf(compression == Compression.None ? name : Path.GetFileNameWithoutExtension(name));

        // Parquet is read from its end, and compressed inside.
        return new FileFormat(records == RecordFormat.Parquet && compression != Compression.None ? RecordFormat.Unknown : records, compression);
    }

    private static RecordFormat RecordsOf(string name) => Extension(name) switch
    {
        ".JSONL" or ".NDJSON" => RecordFormat.JsonLines,
        ".JSON" => RecordFormat.Json,
        ".CSV" => RecordFormat.Csv,
        ".TXT" => RecordFormat.Text,
        ".PARQUET" => RecordFormat.Parquet,
        _ => RecordFormat.Unknown,
    };

    private static string Extension(string name) => Path.GetExtension(name).ToUpperInvariant();
}

/// <summary>How a file's bytes are compressed.</summary>
public enum Compression
{
    None,
    Gzip,
    Zstandard,
}
