namespace FineTune.Storage.Hub;

/// <summary>A part of a data set on the hub: <c>hf://datasets/entity/name[@revision][/config]/split</c>, or below a revision a file's path.</summary>
/// <param name="DataSet"><c>entity/name</c>.</param>
/// <param name="Revision">A commit of the Parquet branch; null means the newest.</param>
/// <param name="Path">The rest, without slashes at its ends.</param>
internal sealed record HubAddress(string DataSet, string? Revision, string Path)
{
    public const string Scheme = "hf://datasets/";

    public static bool TryParse(string location, out HubAddress address)
    {
        address = new HubAddress("", null, "");
        if (!location.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var parts = location[Scheme.Length..].TrimEnd('/').Split('/');
        if (parts.Length < 2 || parts.Any(part => part is "" or "." or ".."))
        {
            return false;
        }

        var name = parts[1].Split('@', 2);
        address = new HubAddress($"{parts[0]}/{name[0]}", name.Length == 2 ? name[1] : null, string.Join('/', parts[2..]));
        return true;
    }

    public override string ToString() => $"{Scheme}{DataSet}{(Revision is null ? "" : "@" + Revision)}{(Path.Length == 0 ? "" : "/" + Path)}";
}
