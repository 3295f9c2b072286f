using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.Core.Regions;

/// <summary>A GPU workload profile of Container Apps.</summary>
/// <param name="Profile">Name of the profile in a deployment.</param>
/// <param name="MemoryGib">Of its one GPU.</param>
/// <param name="Regions">Where it is offered.</param>
public sealed record GpuProfile(string Profile, string Gpu, int MemoryGib, IReadOnlyList<string> Regions);

/// <summary>
/// What is offered where, read from <c>regions.json</c>: the origin document's regions, and those with serverless GPUs as of March 2026
/// (<c>az containerapp env workload-profile list-supported</c> tells today's).
/// </summary>
/// <param name="Product">Regions in which the service may run.</param>
/// <param name="PrivateLink">Those of them in which it works behind Private Link.</param>
/// <param name="Geographies">Where data of a region stays, by region.</param>
public sealed record RegionTable(
    IReadOnlyList<string> Product,
    IReadOnlyList<string> PrivateLink,
    IReadOnlyList<GpuProfile> Gpus,
    IReadOnlyDictionary<string, string> Geographies)
{
    /// <summary>The table shipped with the service.</summary>
    public static RegionTable Default { get; } = Load();

    /// <summary>"East US 2" and "eastus2" are the same region.</summary>
    public static string Normalize(string region) => string.Concat(region.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>The geography of <paramref name="region"/>, or the region itself where the table does not know it.</summary>
    public string GeographyOf(string region) => Geographies.GetValueOrDefault(region, region);

    private static RegionTable Load()
    {
        using var stream = typeof(RegionTable).Assembly.GetManifestResourceStream("FineTune.Core.Regions.regions.json")!;
        return JsonSerializer.Deserialize<RegionTable>(stream, WireJson.Options)!;
    }
}
