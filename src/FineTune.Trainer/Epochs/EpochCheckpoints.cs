using System.Globalization;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Storage;

namespace FineTune.Trainer.Epochs;

/// <summary>A checkpoint from which an epoch can go on.</summary>
/// <param name="Step">Optimizer steps of the run done.</param>
public sealed record ResumePoint(ArtifactRef Checkpoint, long Step, EpochTally Tally);

/// <summary>
/// The checkpoints an attempt writes below its work folder: <c>step-*</c> within the epoch, <c>end-*</c> at its end. Names carry the
/// holder, so two holders of one message never write to one folder.
/// </summary>
public sealed class EpochCheckpoints(IBlobStore blobs, ArtifactStore artifacts)
{
    public const string Kind = "checkpoint";
    private const string StepPrefix = "step-";

    /// <summary>
    /// The newest complete checkpoint within the job's epoch, of this attempt or an earlier one, else the job's own, or null: training is
    /// deterministic, so whose it is makes no difference.
    /// </summary>
    public async Task<ResumePoint?> FindAsync(EpochJob job, CancellationToken cancellationToken = default)
    {
        foreach (var folder in (await FoldersAsync(job, cancellationToken)).OrderByDescending(folder => folder.FileName, StringComparer.Ordinal))
        {
            if (await artifacts.FindAsync(folder, cancellationToken) is { } checkpoint)
            {
                return await ReadAsync(checkpoint, cancellationToken);
            }
        }

        return job.Resume is null ? null : await ReadAsync(job.Resume, cancellationToken);
    }

    private async Task<ResumePoint> ReadAsync(ArtifactRef checkpoint, CancellationToken cancellationToken)
    {
        var properties = (await artifacts.OpenAsync(checkpoint, cancellationToken)).Properties;
        return new ResumePoint(checkpoint, long.Parse(properties["step"], CultureInfo.InvariantCulture), EpochTally.FromProperties(properties));
    }

    /// <summary>Publishes <paramref name="contents"/> as the checkpoint after <paramref name="step"/> and drops the older ones.</summary>
    public async Task<ArtifactRef> SaveStepAsync(
        EpochJob job, string holder, IReadOnlyList<ArtifactContent> contents, long step, EpochTally tally)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:D10}-{holder}");
        var checkpoint = await artifacts.PublishAsync(contents, Work(job) / name, Kind, tally.ToProperties(step));
        foreach (var older in await FoldersAsync(job, CancellationToken.None))
        {
            if (string.CompareOrdinal(older.FileName, name) < 0)
            {
                await DropAsync(older);
            }
        }

        return checkpoint;
    }

    /// <summary>Publishes <paramref name="contents"/> as the epoch's checkpoint.</summary>
    public Task<ArtifactRef> SaveEndAsync(EpochJob job, string holder, IReadOnlyList<ArtifactContent> contents, long step, EpochTally tally)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"end-{step:D10}-{holder}");
        return artifacts.PublishAsync(contents, Work(job) / name, Kind, tally.ToProperties(step));
    }

    /// <summary>Drops the checkpoints within the epoch once its result is stored.</summary>
    public async Task DropStepsAsync(EpochJob job)
    {
        foreach (var folder in await FoldersAsync(job, CancellationToken.None))
        {
            await DropAsync(folder);
        }
    }

    /// <summary>The manifest goes first: what remains after a crash is no artefact.</summary>
    private async Task DropAsync(BlobPath folder)
    {
        await blobs.DeleteAsync(folder / Manifest.FileName);
        await blobs.DeleteFolderAsync(folder);
    }

    private async Task<IReadOnlyList<BlobPath>> FoldersAsync(EpochJob job, CancellationToken cancellationToken)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        for (var attempt = 1; attempt <= job.Attempt; attempt++)
        {
            var prefix = (new RunPaths(job.RunId).Work(job.Epoch, attempt) / StepPrefix).Name;
            await foreach (var blob in blobs.ListAsync(Containers.Runs, prefix, cancellationToken))
            {
                folders.Add(blob.Path.Name[..blob.Path.Name.IndexOf('/', prefix.Length)]);
            }
        }

        return [.. folders.Select(name => new BlobPath(Containers.Runs, name))];
    }

    private static BlobPath Work(EpochJob job) => new RunPaths(job.RunId).Work(job.Epoch, job.Attempt);
}
