using FineTune.Core.Artifacts;
using FineTune.Core.Generation;
using FineTune.Training.Generation;
using FineTune.Training.Models;
using Microsoft.Extensions.Logging;

namespace FineTune.Trainer.Serve;

/// <summary>The models a generation server holds: the most recent ones, downloaded once, used by one request at a time.</summary>
public sealed class LoadedModels(ArtifactStore artifacts, TrainerOptions options, TimeProvider clock, ILogger<LoadedModels> logger) : IDisposable
{
    private const int Capacity = 2;
    private const int ContextLimit = 8192;
    private readonly SemaphoreSlim turn = new(1);
    private readonly List<(string Sha256, ITokenDecoder Decoder, Assistant Assistant)> loaded = [];

    public async Task<GenerateResult> GenerateAsync(GenerateJob job, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            var assistant = await LoadAsync(job.Model, cancellationToken);

            // libtorch keeps a team of threads for each thread that calls it: a thread of the pool is given back unchanged.
            return await Task.Run(
                () => new GenerateResult(job.Messages is { } messages
                    ? [assistant.Answer(messages, job.Sampling)]
                    : [.. job.Prompts!.Select(prompt => assistant.Continue(prompt, job.Sampling))]),
                cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        loaded.ForEach(model => model.Decoder.Dispose());
        turn.Dispose();
    }

    private async Task<Assistant> LoadAsync(ArtifactRef model, CancellationToken cancellationToken)
    {
        var at = loaded.FindIndex(known => known.Sha256 == model.Sha256);
        if (at >= 0)
        {
            var known = loaded[at];
            loaded.RemoveAt(at);
            loaded.Add(known);
            return known.Assistant;
        }

        var folder = Path.Combine(options.CacheDirectory, "models", model.Sha256);
        await artifacts.DownloadAsync(model, folder, file => !file.Name.StartsWith("optimizer", StringComparison.Ordinal), cancellationToken);
        if (loaded.Count == Capacity)
        {
            loaded[0].Decoder.Dispose();
            loaded.RemoveAt(0);
        }

        var config = LlamaConfig.Read(Path.Combine(folder, LlamaConfig.FileName));
        var decoder = TokenDecoders.Open(folder, Math.Min(config.MaxPositionEmbeddings, ContextLimit));
        var assistant = new Assistant(decoder, folder, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
        loaded.Add((model.Sha256, decoder, assistant));
        logger.LogInformation("Loaded {Model}", model.Folder);
        return assistant;
    }
}
