using FineTune.Core.Storage;

namespace FineTune.Core.Artifacts;

/// <summary>One file of an artefact, by its path relative to the artefact's folder.</summary>
public sealed record ArtifactFile(string Name, long Length, string Sha256);

/// <summary>
/// The last blob written of an artefact. Until it is there the artefact does not exist, so a half-written one is invisible.
/// </summary>
/// <param name="Kind">What the folder holds: <c>model</c>, <c>tokens</c> or <c>checkpoint</c>.</param>
/// <param name="Files">Every file, ordered by name.</param>
/// <param name="Properties">Free facts about the artefact.</param>
public sealed record Manifest(string Kind, IReadOnlyList<ArtifactFile> Files, IReadOnlyDictionary<string, string> Properties)
{
    public const string FileName = "manifest.json";

    public long TotalLength => Files.Sum(file => file.Length);
}

/// <summary>A complete artefact: its folder and the SHA-256 of its manifest, hence of all its content.</summary>
public sealed record ArtifactRef(BlobPath Folder, string Sha256);
