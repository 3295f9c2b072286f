using FineTune.Core.Artifacts;
using FineTune.Core.Models;

namespace FineTune.Core.Registry;

/// <summary>What is known of a version beside its weights.</summary>
/// <param name="BaseModel">Catalogue name of the model the run started from.</param>
/// <param name="License">Licence of the base model, which binds the tuned one too.</param>
/// <param name="Metrics">Final figures, e.g. <c>eval_loss</c>.</param>
public sealed record VersionFacts(string BaseModel, string License, IReadOnlyDictionary<string, double> Metrics);

/// <summary>A registered version: written once, when everything else of it is in place.</summary>
/// <param name="Source">The checkpoint it was copied from.</param>
/// <param name="Artifact">Its own files: a model folder without optimizer state.</param>
public sealed record VersionRecord(
    RegisteredModelName Name,
    int Version,
    string RunId,
    DateTimeOffset Created,
    ArtifactRef Source,
    ArtifactRef Artifact,
    VersionFacts Facts);

/// <summary>A model in the registry.</summary>
public sealed record RegisteredModel(RegisteredModelName Name, int LatestVersion, int Versions);
