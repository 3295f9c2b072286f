using FineTune.Core.Datasets;
using FineTune.Data.Sources;

namespace FineTune.Data.Datasets;

/// <summary>One file of a data set. A folder is several sources in the order of their names.</summary>
/// <param name="Name">As the user knows it, with extension; used in every message.</param>
/// <param name="OpenAsync">Opens the content at its beginning; called once a pass. The reader disposes the stream.</param>
public sealed record DatasetSource(string Name, Func<CancellationToken, Task<Stream>> OpenAsync)
{
    /// <summary>What the stream holds; by the name's extension where nothing is said.</summary>
    public FileFormat Format { get; init; } = FileFormat.Of(Name);

    /// <summary>Of a table's file, what the table says of its columns.</summary>
    public TableColumns? Columns { get; init; }

    /// <summary>The stream is a later part of its file: its first line isn't the first, and of a text the beginning is missing.</summary>
    public bool StartsMidway { get; init; }

    /// <summary>Of a text, the end is missing.</summary>
    public bool EndsMidway { get; init; }

    /// <summary>A file of the data set's folder that isn't read: it is a warning, and never opened.</summary>
    public static DatasetSource LeftOut(string name) =>
        new(name, _ => throw new InvalidOperationException($"{name} is left out.")) { Format = new FileFormat(RecordFormat.LeftOut, Compression.None) };

    public static DatasetSource FromFile(string path, string? name = null) =>
        new(name ?? Path.GetFileName(path), _ => Task.FromResult<Stream>(File.OpenRead(path)));
}

/// <summary>How a file is divided into records.</summary>
public enum RecordFormat
{
    /// <summary>It can't be read.</summary>
    Unknown,

    /// <summary>It isn't meant to be read, which users are told.</summary>
    LeftOut,

    /// <summary>One JSON object a line; blank lines count.</summary>
    JsonLines,

    /// <summary>One JSON array of objects, or lines.</summary>
    Json,

    /// <summary>Comma-separated values (RFC 4180) below a row that names the columns.</summary>
    Csv,

    /// <summary>Columns; the stream must be able to seek.</summary>
    Parquet,

    /// <summary>The whole stream is one document.</summary>
    Text,
}
