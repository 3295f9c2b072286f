using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using Microsoft.Extensions.Logging;

namespace FineTune.Trainer.Epochs;

/// <summary>Brings an epoch's artefacts here, trains on a thread of its own, and publishes what came of it.</summary>
public sealed class EpochRunner(
    IBlobStore blobs, ArtifactStore artifacts, EpochCheckpoints checkpoints, TrainerOptions options, TimeProvider clock, ILogger<EpochRunner> logger)
{
    /// <summary>The result, or null when training stopped before the epoch's end and the job is to be done again.</summary>
    /// <param name="holder">Names this delivery in the checkpoints it writes.</param>
    public async Task<EpochResult?> RunAsync(EpochJob job, string holder, EpochControl control)
    {
        var taken = clock.GetTimestamp();
        var folder = Directory.CreateDirectory(Path.Combine(options.CacheDirectory, "work", Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            var resume = await checkpoints.FindAsync(job);
            var start = resume?.Checkpoint ?? job.Previous ?? job.Model;
            var input = new EpochInput(
                Path.Combine(folder, "start"), Path.Combine(folder, "train"), job.EvalTokens is null ? null : Path.Combine(folder, "eval"), folder);
            await artifacts.DownloadAsync(start, input.StartFolder, file => file.Name != EvalGeneration.FileName);
            await artifacts.DownloadAsync(job.TrainTokens, input.TrainFolder);
            if (job.EvalTokens is { } evalTokens)
            {
                await artifacts.DownloadAsync(evalTokens, input.EvalFolder!);
            }

            var spec = await blobs.ReadJsonAsync<RunSpec>(new RunPaths(job.RunId).Spec);
            logger.LogInformation(
                "Training {RunId} epoch {Epoch} attempt {Attempt} from step {Step}",
                job.RunId, job.Epoch, job.Attempt, resume?.Step ?? job.Plan.StepsOf(job.Epoch).First);
            var training = new EpochTraining(job, input, resume, spec, checkpoints, new RunJournal(blobs, job.RunId), holder, control, options, clock, taken);
            return await Task.Factory.StartNew(
                training.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>Local folders an epoch works with.</summary>
public sealed record EpochInput(string StartFolder, string TrainFolder, string? EvalFolder, string WorkFolder);
