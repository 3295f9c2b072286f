using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Datasets;

/// <summary>Everything the tokens of a data set depend on.</summary>
/// <param name="Tokenizer">Files of the tokenizer and the chat template, with their hashes.</param>
/// <param name="Date">Chat templates may state it; null for the other task types.</param>
public sealed record TokenSetKey(
    TaskType TaskType,
    int ContextLength,
    DateOnly? Date,
    string? ChatTemplate,
    IReadOnlyList<ArtifactFile> Tokenizer,
    IReadOnlyList<DataFile> Files)
{
    /// <summary>Raised when the same data would give other tokens or another format.</summary>
    private const int Version = 3;

    /// <summary>Where the tokens lie: equal inputs, equal set.</summary>
    [JsonIgnore]
    public BlobPath Set => new(
        Containers.Tokens, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((object[])[Version, this], WireJson.Options)))[..32]);
}

/// <summary>
/// Folders of tokenized data, shared by the runs that train on it. The set of a key has one current folder, which a pointer names; a run claims it before
/// it looks for tokens there, and the last run to be deleted takes it along.
/// </summary>
/// <remarks>
/// A claim counts if the pointer still names the folder once the claim is written. Who removes a folder takes the pointer away first and then looks for claims
/// once more. So of two that meet, one sees the other: either the folder stays for the run that claimed it, or that run goes on to a new folder. For this no
/// name may come back: folders are called after the run that made them, and no run uses a name twice.
/// </remarks>
public sealed class TokenSets(IBlobStore blobs)
{
    private const string Claims = "runs/";
    private const string Pointer = "current.json";

    /// <summary>The folder of <paramref name="set"/> that is the run's until <see cref="ReleaseAsync(string, CancellationToken)"/>.</summary>
    public async Task<BlobPath> ClaimAsync(string runId, BlobPath set, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var folder = await CurrentAsync(set, cancellationToken) ?? await CreateAsync(runId, set, cancellationToken);
            await RecordAsync(runId, folder, cancellationToken);
            await blobs.WriteJsonAsync(folder / (Claims + runId), runId, cancellationToken);
            if (await CurrentAsync(set, cancellationToken) == folder)
            {
                return folder;
            }

            await ReleaseAsync(runId, folder, cancellationToken);
        }
    }

    public async Task ReleaseAsync(string runId, CancellationToken cancellationToken = default)
    {
        foreach (var folder in await RecordedAsync(runId, cancellationToken))
        {
            await ReleaseAsync(runId, folder, cancellationToken);
        }
    }

    private async Task ReleaseAsync(string runId, BlobPath folder, CancellationToken cancellationToken)
    {
        var set = folder with { Name = folder.Name[..folder.Name.LastIndexOf('/')] };
        await blobs.DeleteAsync(folder / (Claims + runId), cancellationToken);
        if (await IsClaimedAsync(folder, cancellationToken))
        {
            return;
        }

        if (await CurrentAsync(set, cancellationToken) == folder)
        {
            await blobs.DeleteAsync(set / Pointer, cancellationToken);
        }

        if (!await IsClaimedAsync(folder, cancellationToken))
        {
            // The seal first: what has no seal is tokenized anew.
            await blobs.DeleteAsync(folder / Manifest.FileName, cancellationToken);
            await blobs.DeleteFolderAsync(folder, cancellationToken);
        }
    }

    /// <summary>A new folder, unless another run has just made one.</summary>
    private async Task<BlobPath> CreateAsync(string runId, BlobPath set, CancellationToken cancellationToken)
    {
        var used = await RecordedAsync(runId, cancellationToken);
        var folder = set / runId;
        for (var number = 2; used.Contains(folder); number++)
        {
            folder = set / string.Create(CultureInfo.InvariantCulture, $"{runId}-{number}");
        }

        await RecordAsync(runId, folder, cancellationToken);
        await blobs.TryCreateJsonAsync(set / Pointer, new Current(folder), cancellationToken);
        return await CurrentAsync(set, cancellationToken) ?? folder;
    }

    private async Task<BlobPath?> CurrentAsync(BlobPath set, CancellationToken cancellationToken) =>
        (await blobs.ReadJsonAsync<Current>(set / Pointer, cancellationToken))?.Folder;

    private async Task<bool> IsClaimedAsync(BlobPath folder, CancellationToken cancellationToken) =>
        await blobs.ListAsync(folder.Container, (folder / Claims).Name, cancellationToken).AnyAsync(cancellationToken);

    private async Task<List<BlobPath>> RecordedAsync(string runId, CancellationToken cancellationToken) =>
        await blobs.ReadJsonAsync<List<BlobPath>>(new RunPaths(runId).TokenSets, cancellationToken) ?? [];

    /// <summary>Before anything is written, so that deleting the run finds it.</summary>
    private async Task RecordAsync(string runId, BlobPath folder, CancellationToken cancellationToken)
    {
        var recorded = await RecordedAsync(runId, cancellationToken);
        if (!recorded.Contains(folder))
        {
            await blobs.WriteJsonAsync(new RunPaths(runId).TokenSets, (List<BlobPath>)[.. recorded, folder], cancellationToken);
        }
    }

    private sealed record Current(BlobPath Folder);
}
