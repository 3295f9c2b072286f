using System.Diagnostics;
using System.Text.Json;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace FineTune.Trainer.Epochs;

/// <summary>
/// Takes epochs from the queue, one at a time: lease, train, store the result, report it, delete the message last. Killed at any point,
/// the message returns to the queue and the next holder goes on from the newest checkpoint.
/// </summary>
public sealed class EpochWorker(
    IBlobStore blobs,
    IMessageQueues queues,
    EpochRunner runner,
    EpochCheckpoints checkpoints,
    TrainerOptions options,
    TimeProvider clock,
    ILogger<EpochWorker> logger)
{
    private readonly IMessageQueue jobs = queues.Open(options.Queue);

    /// <summary>Works until <paramref name="stopping"/>, or until the queue is empty when <paramref name="once"/>.</summary>
    public async Task RunAsync(bool once, CancellationToken stopping)
    {
        using var poll = new PeriodicTimer(options.Poll, clock);
        try
        {
            do
            {
                while (!stopping.IsCancellationRequested && await TakeOneAsync(stopping))
                {
                    if (once)
                    {
                        return;
                    }
                }
            }
            while (!once && await poll.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop between jobs.
        }
    }

    private async Task<bool> TakeOneAsync(CancellationToken stopping)
    {
        IMessageLease? lease;
        try
        {
            lease = await jobs.ReceiveAsync(options.Lease, stopping);
        }
        catch (Exception trouble) when (trouble is not OperationCanceledException)
        {
            logger.LogWarning(trouble, "The queue cannot be read; trying again");
            return false;
        }

        if (lease is null)
        {
            return false;
        }

        try
        {
            await HandleAsync(lease, stopping);
        }
        catch (LeaseLostException lost)
        {
            Measures.LeasesLost.Add(1);
            logger.LogWarning(lost, "Gave up a message another trainer holds");
        }
        catch (Exception trouble)
        {
            logger.LogError(trouble, "Delivery {Delivery} of message {MessageId} failed; it will be delivered again", lease.DequeueCount, lease.MessageId);
        }

        return true;
    }

    private async Task HandleAsync(IMessageLease lease, CancellationToken stopping)
    {
        EpochJob job;
        try
        {
            job = WireJson.Deserialize<EpochJob>(lease.Body);
        }
        catch (JsonException unreadable)
        {
            logger.LogError(unreadable, "Message {MessageId} is no epoch; moved to {Queue}", lease.MessageId, Queues.TrainEpochPoison);
            await queues.Open(Queues.TrainEpochPoison).SendAsync(lease.Body, cancellationToken: CancellationToken.None);
            await lease.CompleteAsync(CancellationToken.None);
            return;
        }

        using var span = Traces.Start("train_epoch", ActivityKind.Consumer, job.TraceParent);
        span?.SetTag("finetune.run", job.RunId).SetTag("finetune.epoch", job.Epoch).SetTag("finetune.attempt", job.Attempt);
        if (lease.DequeueCount == 1 && job.EnqueuedAt is { } enqueued)
        {
            Measures.QueueWait.Record((clock.GetUtcNow() - enqueued).TotalSeconds);
        }

        if (await blobs.ReadJsonAsync<EpochResult>(ResultPath(job), stopping) is { } known)
        {
            await EndAsync(job, known);
        }
        else if (!await LeaseKeeper.IsSupersededAsync(blobs, job, stopping))
        {
            var result = await TrainAsync(lease, job, stopping);
            if (result is null)
            {
                return;
            }

            // From here on the work is done: a request to end must not lose it.
            result = result with { TraceParent = Traces.Current ?? job.TraceParent };
            await blobs.TryCreateJsonAsync(ResultPath(job), result, CancellationToken.None);
            await EndAsync(job, (await blobs.ReadJsonAsync<EpochResult>(ResultPath(job), CancellationToken.None))!);
        }

        await lease.CompleteAsync(CancellationToken.None);
    }

    /// <summary>The result, or null when the message was given up: handed back, or taken by another holder.</summary>
    private async Task<EpochResult?> TrainAsync(IMessageLease lease, EpochJob job, CancellationToken stopping)
    {
        var control = new EpochControl();
        var overdue = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var deadline = clock.CreateTimer(_ => overdue.TrySetResult(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var shutdown = stopping.Register(() =>
        {
            control.Stop(StopReason.Shutdown);
            deadline.Change(options.HandBack, Timeout.InfiniteTimeSpan);
        });
        var training = TrainAsync(lease, job, control);
        if (await Task.WhenAny(training, overdue.Task) == overdue.Task)
        {
            // A step or a checkpoint takes longer than this process may: the next holder goes on from the checkpoint before.
            control.Stop(StopReason.Superseded);
        }
        else if (await training is { } result)
        {
            return result;
        }

        if (control.Reason == StopReason.Shutdown || overdue.Task.IsCompleted)
        {
            await lease.ReleaseAsync(CancellationToken.None);
            logger.LogInformation("Handed back {RunId} epoch {Epoch}", job.RunId, job.Epoch);
        }

        return null;
    }

    private async Task<EpochResult?> TrainAsync(IMessageLease lease, EpochJob job, EpochControl control)
    {
        await using var keeper = new LeaseKeeper(lease, job, control, blobs, options, clock, logger);
        try
        {
            if (await CountDeliveryAsync(job) > options.MaxDeliveries)
            {
                await queues.Open(Queues.TrainEpochPoison).SendAsync(lease.Body, cancellationToken: CancellationToken.None);
                return Failed(job, Fault.Platform(
                    "train_epoch", "trainer_crashed", $"{options.MaxDeliveries} trainers in a row died in epoch {job.Epoch} without progress."));
            }

            var result = await runner.RunAsync(job, Guid.NewGuid().ToString("N")[..8], control);
            if (result is not null)
            {
                await keeper.BeatAsync(CancellationToken.None);
            }

            return control.Reason == StopReason.Superseded ? null : result;
        }
        catch (FaultException refused)
        {
            return Failed(job, refused.Fault);
        }
    }

    /// <summary>How many deliveries in a row, this one included, began at the same step.</summary>
    private async Task<int> CountDeliveryAsync(EpochJob job)
    {
        var step = (await checkpoints.FindAsync(job))?.Step ?? -1;
        var path = new RunPaths(job.RunId).Work(job.Epoch, job.Attempt) / "deliveries.json";
        var before = await blobs.ReadJsonAsync<Deliveries>(path);
        var count = before?.Step == step ? before.Count + 1 : 1;
        await blobs.WriteJsonAsync(path, new Deliveries(step, count));
        return count;
    }

    private async Task EndAsync(EpochJob job, EpochResult result)
    {
        await queues.Open(Queues.EpochResults).SendAsync(WireJson.Serialize(result));
        if (result.Outcome is EpochOutcome.Completed or EpochOutcome.Canceled)
        {
            // Any other outcome may be followed by an attempt that goes on from them.
            await checkpoints.DropStepsAsync(job);
        }
    }

    private static EpochResult Failed(EpochJob job, Fault fault) =>
        new(job.RunId, job.InstanceId, job.EventName, job.Epoch, job.Attempt, EpochOutcome.Failed, null, null, fault);

    private static BlobPath ResultPath(EpochJob job) => new RunPaths(job.RunId).Result(job.Epoch, job.Attempt);

    private sealed record Deliveries(long Step, int Count);
}
