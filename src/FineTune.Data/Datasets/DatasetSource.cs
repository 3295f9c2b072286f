namespace FineTune.Data.Datasets;

/// <summary>One file of a data set. A folder is several sources in the order of their names.</summary>
/// <param name="Name">As the user knows it, with extension; used in every message.</param>
/// <param name="OpenAsync">Opens the content at its beginning; called once a pass. The reader disposes the stream.</param>
public sealed record DatasetSource(string Name, Func<CancellationToken, Task<Stream>> OpenAsync)
{
    /// <summary>What the stream holds; by the name's extension where nothing is said.</summary>
    public RecordFormat Format { get; init; } = FormatOf(Name);

    /// <summary>The stream is a later part of its file: its first line isn't the first, and of a text the beginning is missing.</summary>
    public bool StartsMidway { get; init; }

    /// <summary>Of a text, the end is missing.</summary>
    public bool EndsMidway { get; init; }

    public static DatasetSource FromFile(string path, string? name = null) =>
        new(name ?? Path.GetFileName(path), _ => Task.FromResult<Stream>(File.OpenRead(path)));

    private static RecordFormat FormatOf(string name) => Path.GetExtension(name).ToUpperInvariant() switch
    {
        ".JSONL" or ".NDJSON" => RecordFormat.JsonLines,
        ".TXT" => RecordFormat.Text,
        _ => RecordFormat.Unknown,
    };
}

/// <summary>How a source's stream is divided into records.</summary>
public enum RecordFormat
{
    /// <summary>It can't be read.</summary>
    Unknown,

    /// <summary>One JSON object a line; blank lines count.</summary>
    JsonLines,

    /// <summary>The whole stream is one document.</summary>
    Text,
}
