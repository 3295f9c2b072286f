using FineTune.Core.Faults;

namespace FineTune.Core.Regions;

/// <summary>The regions in which the service may train.</summary>
public static class RegionPolicy
{
    private const string Phase = "check_region";

    public static IReadOnlyList<string> Allowed { get; } = ["centralus", "eastus", "eastus2", "northcentralus", "westus"];

    /// <summary>"East US 2" and "eastus2" are the same region.</summary>
    public static string Normalize(string region) =>
        string.Concat(region.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>The normalized region, or the refusal that names the allowed ones.</summary>
    public static Outcome<string> Check(string? region)
    {
        if (string.IsNullOrWhiteSpace(region))
        {
            return Outcome.Refused<string>(Fault.Caller(
                Phase, "region_unknown", "The host's region is not known. Set REGION_NAME (Azure sets it) or FINETUNE_REGION to one of: " + List()));
        }

        var normalized = Normalize(region);
        return Allowed.Contains(normalized)
            ? Outcome.Of(normalized)
            : Outcome.Refused<string>(Fault.Caller(
                Phase,
                "region_not_supported",
                $"Fine-tuning is not offered in region '{normalized}'. Deploy the service, or submit the run, in one of: {List()}"));
    }

    private static string List() => string.Join(", ", Allowed) + ".";
}
