using System.Globalization;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Storage;

namespace FineTune.Core.Registry;

/// <summary>
/// Versions of <c>catalog.schema.model</c>, numbered from 1 in the order in which runs asked for a number, below
/// <c>registered/{catalog}/{schema}/{model}/v{n}/</c>.
/// </summary>
/// <remarks>
/// A number belongs to the run whose <c>allotted.json</c> was created first; the version exists once <c>version.json</c> does, which is
/// written last. A run that dies in between finds its number again; until then readers see nothing of it.
/// </remarks>
public sealed class ModelRegistry(IBlobStore blobs, TimeProvider time)
{
    private const string Prefix = "registered/";
    private const string RecordName = "version.json";
    private const string AllotmentName = "allotted.json";
    private static readonly HashSet<string> TrainingState = new(StringComparer.Ordinal) { "optimizer.safetensors", "training_state.json", EvalGeneration.FileName };
    private readonly ArtifactStore artifacts = new(blobs);

    /// <summary>Registers the model of <paramref name="source"/>. Repeated for the same run it answers the same version.</summary>
    /// <exception cref="ArtifactCorruptException">The source is not complete.</exception>
    public async Task<RegisteredVersion> RegisterAsync(
        RegisteredModelName name, string runId, ArtifactRef source, VersionFacts facts, CancellationToken cancellationToken = default)
    {
        var version = await AllotAsync(name, runId, cancellationToken);
        var folder = VersionFolder(name, version);

        // Sealed by an earlier try: copying again would write under the eyes of readers.
        var artifact = await artifacts.FindAsync(folder, cancellationToken)
            ?? await artifacts.CopyAsync(source, folder, file => !TrainingState.Contains(file.Name), cancellationToken);
        var record = new VersionRecord(name, version, runId, time.GetUtcNow(), source, artifact, facts);
        await blobs.TryCreateJsonAsync(folder / RecordName, record, cancellationToken);
        return new RegisteredVersion(name.ToString(), version);
    }

    /// <summary>The models with at least one complete version, in name order.</summary>
    public async Task<IReadOnlyList<RegisteredModel>> ListModelsAsync(CancellationToken cancellationToken = default)
    {
        var versions = new List<(RegisteredModelName Name, int Version)>();
        await foreach (var blob in blobs.ListAsync(Containers.Models, Prefix, cancellationToken))
        {
            if (blob.Path.Name[Prefix.Length..].Split('/') is [var catalog, var schema, var model, var number, RecordName]
                && TryReadVersion(number, out var version))
            {
                versions.Add((new RegisteredModelName(catalog, schema, model), version));
            }
        }

        return
        [
            .. versions.GroupBy(found => found.Name)
                .Select(group => new RegisteredModel(group.Key, group.Max(found => found.Version), group.Count()))
                .OrderBy(model => model.Name.ToString(), StringComparer.Ordinal),
        ];
    }

    /// <summary>The complete versions of a model, in order of their numbers.</summary>
    public async Task<IReadOnlyList<VersionRecord>> ListVersionsAsync(RegisteredModelName name, CancellationToken cancellationToken = default)
    {
        var records = new List<VersionRecord>();
        foreach (var version in await NumbersAsync(name, RecordName, cancellationToken))
        {
            if (await FindAsync(name, version, cancellationToken) is { } record)
            {
                records.Add(record);
            }
        }

        return records;
    }

    /// <summary>A complete version, the latest when none is named; null when there is no such version.</summary>
    public async Task<VersionRecord?> FindAsync(RegisteredModelName name, int? version = null, CancellationToken cancellationToken = default)
    {
        if (version is null)
        {
            var numbers = await NumbersAsync(name, RecordName, cancellationToken);
            version = numbers.Count == 0 ? null : numbers[^1];
        }

        return version is { } number
            ? await blobs.ReadJsonAsync<VersionRecord>(VersionFolder(name, number) / RecordName, cancellationToken)
            : null;
    }

    private static BlobPath ModelFolder(RegisteredModelName name) =>
        new(Containers.Models, $"{Prefix}{name.Catalog}/{name.Schema}/{name.Model}");

    private static BlobPath VersionFolder(RegisteredModelName name, int version) =>
        ModelFolder(name) / string.Create(CultureInfo.InvariantCulture, $"v{version}");

    private static bool TryReadVersion(string folder, out int version)
    {
        version = 0;
        return folder.StartsWith('v') && int.TryParse(folder.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }

    /// <summary>The number of the run, or the next free one, which nobody else gets from then on.</summary>
    private async Task<int> AllotAsync(RegisteredModelName name, string runId, CancellationToken cancellationToken)
    {
        var next = 1;
        foreach (var version in await NumbersAsync(name, AllotmentName, cancellationToken))
        {
            if (await OwnerAsync(name, version, cancellationToken) == runId)
            {
                return version;
            }

            next = version + 1;
        }

        // Created by a try whose answer was lost, the blob says so itself: who owns a number is always read, never concluded.
        for (; ; next++)
        {
            await blobs.TryCreateJsonAsync(VersionFolder(name, next) / AllotmentName, new Allotment(runId), cancellationToken);
            if (await OwnerAsync(name, next, cancellationToken) == runId)
            {
                return next;
            }
        }
    }

    private async Task<string?> OwnerAsync(RegisteredModelName name, int version, CancellationToken cancellationToken) =>
        (await blobs.ReadJsonAsync<Allotment>(VersionFolder(name, version) / AllotmentName, cancellationToken))?.RunId;

    private async Task<IReadOnlyList<int>> NumbersAsync(RegisteredModelName name, string file, CancellationToken cancellationToken)
    {
        var folder = ModelFolder(name);
        var numbers = new List<int>();
        await foreach (var blob in blobs.ListAsync(folder.Container, folder.Name + "/", cancellationToken))
        {
            if (blob.Path.Name[(folder.Name.Length + 1)..].Split('/') is [var number, var found] && found == file
                && TryReadVersion(number, out var version))
            {
                numbers.Add(version);
            }
        }

        numbers.Sort();
        return numbers;
    }

    private sealed record Allotment(string RunId);
}
