using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;

namespace FineTune.Workflows.Epochs;

/// <summary>The port to whatever trains: storage queue and container job today.</summary>
public interface IEpochDispatcher
{
    /// <summary>Hands <paramref name="job"/> to a trainer, at least once.</summary>
    Task EnqueueAsync(EpochJob job, CancellationToken cancellationToken = default);
}

/// <summary>
/// Dispatches by the <c>train-epoch</c> queue, or by the one the job names: that of trainers with several GPUs, on AKS or Azure ML. A newer attempt fences off the trainers of older ones.
/// </summary>
public sealed class QueueEpochDispatcher(IBlobStore blobs, IMessageQueues queues) : IEpochDispatcher
{
    public async Task EnqueueAsync(EpochJob job, CancellationToken cancellationToken = default)
    {
        await blobs.WriteJsonAsync(new RunPaths(job.RunId).Fence(job.Epoch), new EpochFence(job.Attempt), cancellationToken);
        await queues.Open(job.Queue ?? Queues.TrainEpoch).SendAsync(WireJson.Serialize(job), cancellationToken: cancellationToken);
    }
}

/// <summary>Sends an epoch to the trainers. Repeated, it sends again; trainers take one of them and drop the rest.</summary>
public sealed class EnqueueEpoch(IEpochDispatcher dispatcher, IBlobStore blobs, TimeProvider clock)
{
    public async Task<object?> RunAsync(EpochJob job)
    {
        await dispatcher.EnqueueAsync(job with { TraceParent = Traces.Current ?? job.TraceParent, EnqueuedAt = clock.GetUtcNow() });
        var again = job.Attempt == 1 ? "" : $", attempt {job.Attempt}";
        var queued = new RunEvent(
            $"{RunEventTypes.EpochQueued}-{job.Epoch}-{job.Attempt}",
            clock.GetUtcNow(),
            RunEventTypes.EpochQueued,
            $"Epoch {job.Epoch} of {job.Plan.Epochs} waits for a trainer{again}.");
        await new RunJournal(blobs, job.RunId).AppendEventsAsync([queued]);
        return null;
    }
}
