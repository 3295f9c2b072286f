using System.Collections.Concurrent;
using FineTune.Core.Artifacts;
using FineTune.Data.Tokenizers;

namespace FineTune.Workflows.Datasets;

/// <summary>Tokenizers of the models runs start from; the newest few stay in memory, for many blocks ask for the same one.</summary>
public sealed class RunTokenizers(ArtifactStore artifacts, WorkflowOptions options)
{
    private const int Kept = 2;
    private readonly ConcurrentDictionary<string, Lazy<Task<Tokenizer>>> loaded = new(StringComparer.Ordinal);

    /// <summary>Files of a model that decide on its tokens.</summary>
    public static bool IsNeeded(ArtifactFile file) => Tokenizer.IsReadFrom(file.Name);

    public async Task<Tokenizer> LoadAsync(ArtifactRef model)
    {
        foreach (var other in loaded.Keys.Where(key => key != model.Sha256).Skip(Kept - 1))
        {
            loaded.TryRemove(other, out _);
        }

        try
        {
            return await loaded.GetOrAdd(model.Sha256, _ => new Lazy<Task<Tokenizer>>(() => ReadAsync(model))).Value;
        }
        catch
        {
            loaded.TryRemove(model.Sha256, out _);
            throw;
        }
    }

    private async Task<Tokenizer> ReadAsync(ArtifactRef model)
    {
        using var work = new WorkFolder(options);
        await artifacts.DownloadAsync(model, work.Path, IsNeeded);
        return Tokenizer.Load(work.Path);
    }
}
