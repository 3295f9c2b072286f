using System.Text.Json.Serialization;
using FineTune.Core.Storage;

namespace FineTune.Core.Datasets;

/// <summary>A file of a data set, pinned to the content it had when it was found.</summary>
/// <param name="Location">Where it lies, e.g. <c>az://container/name</c>; never with credentials in plain.</param>
/// <param name="Name">As messages call it, with extension.</param>
/// <param name="Columns">What a table's log says of the file's columns; null of files that are no part of a table.</param>
public sealed record DataFile(string Location, string Name, long Length, string ETag, TableColumns? Columns = null)
{
    /// <summary>The last part of <see cref="Name"/>.</summary>
    [JsonIgnore]
    public string FileName => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>In the service's own storage.</summary>
    public static DataFile Of(BlobInfo blob) => new(blob.Path.ToString(), blob.Path.Name, blob.Length, blob.ETag);
}

/// <summary>How a table's file differs from the table.</summary>
/// <param name="Names">The table's column by the file's, where names differ.</param>
/// <param name="Values">Columns that have one value in the whole file and aren't stored in it.</param>
public sealed record TableColumns(IReadOnlyDictionary<string, string> Names, IReadOnlyDictionary<string, string?> Values);
