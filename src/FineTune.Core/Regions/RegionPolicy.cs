using FineTune.Core.Faults;

namespace FineTune.Core.Regions;

/// <summary>Whether a deployment may train where it is, and whether data may go where its trainers are.</summary>
public sealed class RegionPolicy(RegionTable table)
{
    private const string Phase = "check_region";

    /// <summary>Over the shipped table.</summary>
    public static RegionPolicy Default { get; } = new(RegionTable.Default);

    /// <summary>The service's normalized region, or the refusal that names the allowed ones.</summary>
    public Outcome<string> Check(Placement placement)
    {
        if (string.IsNullOrWhiteSpace(placement.Region))
        {
            return Refused(
                "region_unknown",
                $"The host's region is not known. Set REGION_NAME (Azure sets it) or FINETUNE_REGION to one of: {List(table.Product)}.");
        }

        var region = RegionTable.Normalize(placement.Region);
        if (!table.Product.Contains(region))
        {
            return Refused(
                "region_not_supported",
                $"Fine-tuning is not offered in region '{region}'. Deploy the service, or submit the run, in one of: {List(table.Product)}.");
        }

        if (placement.PrivateLink && !table.PrivateLink.Contains(region))
        {
            return Refused(
                "private_link_region",
                $"With Private Link fine-tuning works only in {List(table.PrivateLink)}, and this service is in '{region}'. "
                    + "Deploy it there, or without Private Link (FINETUNE_PRIVATE_LINK).");
        }

        return CheckResidency(placement) is { } elsewhere ? Outcome.Refused<string>(elsewhere) : Outcome.Of(region);
    }

    /// <summary>Why data may not go to the trainers, or null when it may.</summary>
    public Fault? CheckResidency(Placement placement)
    {
        if (Residency(placement) is not { } residency || residency.Data == residency.Training || IsAllowed(placement, residency))
        {
            return null;
        }

        var near = table.Gpus.Where(gpu => gpu.Regions.Contains(residency.Data)).Select(gpu => gpu.Gpu).ToList();
        var stay = near.Count > 0
            ? $"or deploy the trainers in {residency.Data}, which has {List(near)}"
            : $"or deploy the service where there are GPUs: {List(table.Product.Where(HasGpu))}";
        return Fault.Caller(
            Phase,
            "data_residency_not_allowed",
            $"Data is kept in {residency.Data}, but would be trained on in {residency.Training} ({residency.TrainingGeography}), which "
                + $"FINETUNE_DATA_RESIDENCY does not allow. Add '{residency.Training}' or '{residency.TrainingGeography}' to it, {stay}.");
    }

    /// <summary>Where data is kept and trained on; null when the service's region is not known.</summary>
    public DataResidency? Residency(Placement placement)
    {
        if (string.IsNullOrWhiteSpace(placement.Region))
        {
            return null;
        }

        var data = RegionTable.Normalize(placement.Region);
        var training = string.IsNullOrWhiteSpace(placement.TrainerRegion) ? data : RegionTable.Normalize(placement.TrainerRegion);
        return new DataResidency(data, training, table.GeographyOf(training));
    }

    /// <summary>What an operator should know about this placement; each a sentence.</summary>
    public IReadOnlyList<string> Warnings(Placement placement)
    {
        var warnings = new List<string>();
        if (placement.GpuProfile is { } profile
            && Residency(placement) is { } residency
            && table.Gpus.FirstOrDefault(gpu => gpu.Profile.Equals(profile, StringComparison.OrdinalIgnoreCase)) is { } known
            && !known.Regions.Contains(residency.Training))
        {
            warnings.Add(
                $"Workload profile {known.Profile} is not known to be offered in {residency.Training}; epochs may wait for ever. Known regions: {List(known.Regions)}.");
        }

        if (placement.StoragePrivateLink)
        {
            warnings.Add("Storage is reached by Private Link: give training data as a table (catalog.schema.table) rather than as files.");
        }

        if (placement.StorageFirewall)
        {
            warnings.Add("Storage has a firewall: it must let in the service's and the trainers' networks, or data cannot be read.");
        }

        return warnings;
    }

    private bool HasGpu(string region) => table.Gpus.Any(gpu => gpu.Regions.Contains(region));

    private static bool IsAllowed(Placement placement, DataResidency residency) => (placement.Residency ?? []).Any(allowed =>
        allowed == "*"
        || RegionTable.Normalize(allowed) == residency.Training
        || allowed.Equals(residency.TrainingGeography, StringComparison.OrdinalIgnoreCase));

    private static Outcome<string> Refused(string code, string message) => Outcome.Refused<string>(Fault.Caller(Phase, code, message));

    private static string List(IEnumerable<string> names) => string.Join(", ", names);
}
