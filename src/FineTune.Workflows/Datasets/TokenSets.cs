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
    private const int Version = 2;

    /// <summary>Where the tokens lie: equal inputs, equal folder.</summary>
    [JsonIgnore]
    public BlobPath Folder => new(
        Containers.Tokens, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes((object[])[Version, this], WireJson.Options)))[..32]);
}

/// <summary>
/// Folders of tokenized data, shared by the runs that train on it. A run claims a folder before it looks for tokens there, and the last run
/// to be deleted takes the folder with it.
/// </summary>
public sealed class TokenSets(IBlobStore blobs)
{
    private const string Claims = "runs/";

    public async Task ClaimAsync(string runId, IReadOnlyList<BlobPath> folders, CancellationToken cancellationToken = default)
    {
        await blobs.WriteJsonAsync(new RunPaths(runId).TokenSets, folders, cancellationToken);
        foreach (var folder in folders)
        {
            await blobs.WriteJsonAsync(folder / (Claims + runId), runId, cancellationToken);
        }
    }

    public async Task ReleaseAsync(string runId, CancellationToken cancellationToken = default)
    {
        var folders = await blobs.ReadJsonAsync<List<BlobPath>>(new RunPaths(runId).TokenSets, cancellationToken) ?? [];
        foreach (var folder in folders)
        {
            await blobs.DeleteAsync(folder / (Claims + runId), cancellationToken);
            if (!await blobs.ListAsync(folder.Container, (folder / Claims).Name, cancellationToken).AnyAsync(cancellationToken))
            {
                // The seal first: what has no seal is tokenized anew.
                await blobs.DeleteAsync(folder / Manifest.FileName, cancellationToken);
                await blobs.DeleteFolderAsync(folder, cancellationToken);
            }
        }
    }
}
