using System.Text.Json.Serialization;

namespace FineTune.Core.Models;

/// <summary>Where a model stands in its life.</summary>
public enum ModelStatus
{
    Supported,

    /// <summary>Still accepted; each run warns and names the replacement.</summary>
    ToBeRetired,
}

/// <summary>A licence as the origin document states it.</summary>
/// <param name="AcceptableUsePolicy">Link, or null when the licence has none.</param>
public sealed record ModelLicense(string Name, string Notice, string Link, string? AcceptableUsePolicy);

/// <summary>A base model that runs may start from.</summary>
/// <param name="Name">Full name, e.g. <c>meta-llama/Llama-3.2-1B</c>.</param>
/// <param name="MaxContextLength">In tokens.</param>
/// <param name="License">Key into the catalogue's licences.</param>
/// <param name="Architecture"><c>llama</c>, <c>mistral</c>, <c>mixtral</c> or <c>dbrx</c>.</param>
/// <param name="Parameters">Number of weights, or null when it depends on the imported folder.</param>
/// <param name="DefaultLearningRate">Peak learning rate with AdamW when the request names none: <see cref="Runs.LearningRateGuidance"/> for
/// its size.</param>
public sealed record CatalogueModel(
    string Name,
    string DisplayName,
    string Family,
    int MaxContextLength,
    ModelStatus Status,
    string License,
    bool LicenseAcceptanceRequired,
    string Architecture,
    long? Parameters,
    double DefaultLearningRate,
    string? Replacement,
    string? Notes)
{
    /// <summary>Family of the chat template, for model folders that have none of their own; null where the folder always has one.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Dimensions; null where they are not known or not those of a Llama.</summary>
    public ModelShape? Shape { get; init; }

    /// <summary>Dimensions to estimate by; null when not even the number of weights is known.</summary>
    [JsonIgnore]
    public ModelShape? EstimatedShape => Shape ?? (Parameters is { } parameters ? ModelShape.OfParameters(parameters) : null);
}

/// <summary>A family that new runs may not start from any more.</summary>
/// <param name="Prefixes">Beginnings of the names of its models.</param>
/// <param name="Replacement">The model to use when no entry of <paramref name="Replacements"/> fits.</param>
/// <param name="Replacements">By a part of the model's name; the first match wins.</param>
public sealed record RetiredFamily(
    string Family,
    IReadOnlyList<string> Prefixes,
    DateOnly RetiredOn,
    string Replacement,
    IReadOnlyDictionary<string, string> Replacements)
{
    /// <summary>The model to use instead of <paramref name="model"/>.</summary>
    public string ReplacementFor(string model) =>
        Replacements.FirstOrDefault(pair => model.Contains(pair.Key, StringComparison.OrdinalIgnoreCase)).Value ?? Replacement;
}
