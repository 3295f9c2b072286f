using System.Text.RegularExpressions;
using FineTune.Core.Storage;

namespace FineTune.Core.Datasets;

/// <summary>Paths of data as users write them.</summary>
public static partial class DataPath
{
    /// <summary>Of addresses whose SAS is encrypted: <c>sas://…@host/container/name</c>.</summary>
    public const string SealedScheme = "sas://";

    /// <summary>Where tables lie that are named <c>catalog.schema.table</c>.</summary>
    public const string DefaultTables = $"az://{Containers.Datasets}/tables";

    private const string Volumes = "/Volumes/";
    private const string Dbfs = "dbfs:";

    private const string HubDataSets = "hf://datasets/";

    /// <summary>
    /// Where the data lies: volumes are in the datasets container, <c>catalog.schema.table</c> is a folder of <paramref name="tables"/>, and
    /// <c>entity/name/split</c> is a data set of the hub; everything else is an address already.
    /// </summary>
    /// <exception cref="DataAccessException">The path leads out of its container.</exception>
    public static string Parse(string path, string tables = DefaultTables)
    {
        if (IsTable(path))
        {
            return $"{tables.TrimEnd('/')}/{path.Replace("`", "", StringComparison.Ordinal).Replace('.', '/')}";
        }

        if (HubName().IsMatch(path))
        {
            return HubDataSets + path;
        }

        var volume = path.StartsWith(Dbfs, StringComparison.OrdinalIgnoreCase) ? path[Dbfs.Length..] : path;
        var location = volume.StartsWith(Volumes, StringComparison.Ordinal)
            ? new BlobPath(Containers.Datasets, volume[Volumes.Length..]).ToString()
            : path;
        return location.Split('/').Any(part => part is "." or "..") || location.Contains('\0', StringComparison.Ordinal)
            ? throw new DataAccessException("data_path_invalid", $"'{Display(path)}' may not have the parts '.' and '..', nor NUL. Write the whole path.")
            : location;
    }

    /// <summary>Whether a credential stands in the path in plain.</summary>
    public static bool HasSecret(string path) => IsHttp(path) && path.Contains('?', StringComparison.Ordinal);

    /// <summary>The path as it may be shown: without credentials, also encrypted ones.</summary>
    public static string Display(string path)
    {
        var at = path.StartsWith(SealedScheme, StringComparison.OrdinalIgnoreCase) ? path.IndexOf('@', StringComparison.Ordinal) : -1;
        return at >= 0 ? $"https://{path[(at + 1)..]}"
            : HasSecret(path) ? path[..path.IndexOf('?', StringComparison.Ordinal)]
            : path;
    }

    private static bool IsHttp(string path) =>
        path.StartsWith("https:", StringComparison.OrdinalIgnoreCase) || path.StartsWith("http:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether <paramref name="path"/> has the form <c>catalog.schema.table</c>, each perhaps in backticks.</summary>
    public static bool IsTable(string path) => TableName().IsMatch(path);

    public static DataAccessException Unknown(string path) => new(
        "data_path_invalid",
        $"'{Display(path)}' has no known form. Give az://container/path, /Volumes/catalog/schema/volume/path, dbfs:/Volumes/…, "
            + "abfss://container@account.dfs.core.windows.net/path, https://account.blob.core.windows.net/container/path, "
            + "a table as catalog.schema.table, or hf://datasets/entity/name/split.");

    [GeneratedRegex(@"^(`[\w -]+`|[\w-]+)(\.(`[\w -]+`|[\w-]+)){2}$", RegexOptions.CultureInvariant)]
    private static partial Regex TableName();

    /// <summary><c>entity/name/split</c> or <c>entity/name/config/split</c>; no file, as the last part has no extension.</summary>
    [GeneratedRegex(@"^[\w-][\w.-]*/[\w-][\w.-]*(/[\w-][\w.-]*)?/[\w-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();
}
