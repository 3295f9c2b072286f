namespace FineTune.Core.Regions;

/// <summary>Where a deployment is and how it is closed off, as its operator configured it.</summary>
/// <param name="Region">Of the service and its storage; null when it is not known.</param>
/// <param name="TrainerRegion">Of the GPU containers; null means <paramref name="Region"/>.</param>
/// <param name="GpuProfile">Workload profile of the GPU containers; null where there is none, as on a laptop.</param>
/// <param name="Residency">Regions or geographies other than <paramref name="Region"/> in which data may be processed; <c>*</c> is any.</param>
/// <param name="PrivateLink">The service is reached by Private Link only.</param>
/// <param name="StoragePrivateLink">The storage account is reached by Private Link only.</param>
/// <param name="StorageFirewall">The storage account has a firewall.</param>
public sealed record Placement(
    string? Region,
    string? TrainerRegion = null,
    string? GpuProfile = null,
    IReadOnlyList<string>? Residency = null,
    bool PrivateLink = false,
    bool StoragePrivateLink = false,
    bool StorageFirewall = false);

/// <summary>Where a run's data is kept and where it is trained on; part of the run's record.</summary>
/// <param name="Data">Region of storage and service.</param>
/// <param name="Training">Region of the trainers, to which data and weights are copied while they train.</param>
/// <param name="TrainingGeography">E.g. <c>United States</c>.</param>
public sealed record DataResidency(string Data, string Training, string TrainingGeography);
