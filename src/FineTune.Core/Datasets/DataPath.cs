using FineTune.Core.Storage;

namespace FineTune.Core.Datasets;

/// <summary>Paths of data as users write them.</summary>
public static class DataPath
{
    /// <summary>Of addresses whose SAS is encrypted: <c>sas://…@host/container/name</c>.</summary>
    public const string SealedScheme = "sas://";

    private const string Volumes = "/Volumes/";
    private const string Dbfs = "dbfs:";

    /// <summary>Where the data lies: volumes are in the datasets container; everything else is an address already.</summary>
    /// <exception cref="DataAccessException">The path leads out of its container.</exception>
    public static string Parse(string path)
    {
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

    public static DataAccessException Unknown(string path) => new(
        "data_path_invalid",
        $"'{Display(path)}' has no known form. Give az://container/path, /Volumes/catalog/schema/volume/path, dbfs:/Volumes/…, "
            + "abfss://container@account.dfs.core.windows.net/path or https://account.blob.core.windows.net/container/path.");
}
