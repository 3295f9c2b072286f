using System.Text.RegularExpressions;
using FineTune.Core.Datasets;

namespace FineTune.Storage.Data;

/// <summary>
/// A place in an Azure storage account as users know it: <c>abfss://container@account.dfs.core.windows.net/path</c> or
/// <c>https://account.blob.core.windows.net/container/path?SAS</c> (also <c>dfs</c>, and the other clouds). Only hosts of Azure Storage count: the
/// service's identity must not be shown to any other.
/// </summary>
/// <param name="Host">Of the blob service.</param>
/// <param name="Name">Of the file or folder, not escaped; empty for the container.</param>
/// <param name="Secret">What the address says of who may read: a SAS in an https address, a sealed one in a <c>sas</c> address; null for none.</param>
public sealed partial record AzureLocation(string Host, string Container, string Name, string? Secret, bool IsSealed)
{
    private const string Hosts =
        """(?<account>[a-z0-9]{3,24}(?:\.z[0-9]{1,2})?)\.(?:blob|dfs)\.(?<cloud>core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn|storage\.azure\.net)""";

    private const string Containers = """(?<container>\$root|[a-z0-9](?:-?[a-z0-9]){2,62})""";

    public string Account => Host[..Host.IndexOf('.', StringComparison.Ordinal)];

    /// <summary>The one form in which addresses without a SAS are kept.</summary>
    public override string ToString() => IsSealed
        ? $"{DataPath.SealedScheme}{Secret}@{Host}/{Container}/{Name}"
        : $"abfss://{Container}@{Host.Replace(".blob.", ".dfs.", StringComparison.Ordinal)}/{Name}";

    /// <summary>Reads any of the forms; false for everything else.</summary>
    public static bool TryParse(string text, out AzureLocation location)
    {
        location = null!;
        if (Abfs().Match(text) is { Success: true } abfs)
        {
            location = Of(abfs, abfs.Groups["name"].Value, null);
        }
        else if (Https().Match(text) is { Success: true } https)
        {
            location = Of(https, Uri.UnescapeDataString(https.Groups["name"].Value), https.Groups["query"] is { Success: true } query ? query.Value : null);
        }
        else if (Sealed().Match(text) is { Success: true } kept)
        {
            location = Of(kept, kept.Groups["name"].Value, kept.Groups["sealed"].Value) with { IsSealed = true };
        }

        return location is not null;
    }

    private static AzureLocation Of(Match match, string name, string? secret) => new(
        $"{match.Groups["account"].Value}.blob.{match.Groups["cloud"].Value}", match.Groups["container"].Value, name, secret, false);

    [GeneratedRegex($"^abfss?://{Containers}@{Hosts}(?:/(?<name>.*))?$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Abfs();

    [GeneratedRegex($@"^https://{Hosts}/{Containers}(?:/(?<name>[^?]*))?(?:\?(?<query>.*))?$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Https();

    [GeneratedRegex($"^sas://(?<sealed>[A-Za-z0-9_-]+)@{Hosts}/{Containers}/(?<name>.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Sealed();
}
