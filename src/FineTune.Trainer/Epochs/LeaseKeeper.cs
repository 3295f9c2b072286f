using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace FineTune.Trainer.Epochs;

/// <summary>
/// Keeps a job's message leased while it is worked on and, in the same beat, writes the heartbeat, metrics and events. Between the beats
/// it looks for cancellation, a pause and a newer attempt.
/// </summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly IMessageLease lease;
    private readonly EpochJob job;
    private readonly EpochControl control;
    private readonly IBlobStore blobs;
    private readonly RunJournal journal;
    private readonly TrainerOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly CancellationTokenSource end = new();
    private readonly Task beats;

    public LeaseKeeper(
        IMessageLease lease,
        EpochJob job,
        EpochControl control,
        IBlobStore blobs,
        TrainerOptions options,
        TimeProvider clock,
        ILogger logger)
    {
        (this.lease, this.job, this.control, this.blobs) = (lease, job, control, blobs);
        (this.options, this.clock, this.logger) = (options, clock, logger);
        journal = new RunJournal(blobs, job.RunId);
        beats = Task.Run(KeepAsync);
    }

    /// <summary>One beat now: whatever was reported so far is written.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken = default)
    {
        await lease.RenewAsync(options.Lease, cancellationToken);
        await LookAsync(cancellationToken);
        if (control.Reason != StopReason.Superseded)
        {
            await control.WriteAsync(journal, job, cancellationToken);
            await journal.WriteHeartbeatAsync(Heartbeat(), cancellationToken);
        }
    }

    /// <summary>Whether a newer attempt of the job's epoch was dispatched, or the run was deleted and its fence with it.</summary>
    public static async Task<bool> IsSupersededAsync(IBlobStore blobs, EpochJob job, CancellationToken cancellationToken) =>
        await blobs.ReadJsonAsync<EpochFence>(new RunPaths(job.RunId).Fence(job.Epoch), cancellationToken) is not { } fence
        || fence.Attempt > job.Attempt;

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var paths = new RunPaths(job.RunId);
        if (await blobs.FindAsync(paths.CancelMarker, cancellationToken) is not null)
        {
            control.Stop(StopReason.Canceled);
        }

        if (await blobs.ReadJsonAsync<PauseRequest>(paths.PauseMarker, cancellationToken) is { Resumed: false } pause)
        {
            control.Pause(pause.Id);
        }

        if (await IsSupersededAsync(blobs, job, cancellationToken))
        {
            control.Stop(StopReason.Superseded);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await beats;
        end.Dispose();
    }

    private async Task KeepAsync()
    {
        var between = options.Lease / 3;
        using var timer = new PeriodicTimer(options.Look < between ? options.Look : between, clock);
        var (renewed, first) = (clock.GetTimestamp(), true);
        try
        {
            do
            {
                try
                {
                    if (first || clock.GetElapsedTime(renewed) >= between)
                    {
                        await BeatAsync(end.Token);
                        (renewed, first) = (clock.GetTimestamp(), false);
                    }
                    else
                    {
                        await LookAsync(end.Token);
                    }
                }
                catch (LeaseLostException lost)
                {
                    Measures.LeasesLost.Add(1);
                    logger.LogWarning(lost, "Lost the lease of {RunId} epoch {Epoch}", job.RunId, job.Epoch);
                    control.Stop(StopReason.Superseded);
                    return;
                }
                catch (Exception trouble) when (trouble is not OperationCanceledException)
                {
                    logger.LogWarning(trouble, "Heartbeat of {RunId} epoch {Epoch} failed", job.RunId, job.Epoch);
                    if (clock.GetElapsedTime(renewed) > options.Lease)
                    {
                        control.Stop(StopReason.Superseded);
                        return;
                    }
                }
            }
            while (await timer.WaitForNextTickAsync(end.Token));
        }
        catch (OperationCanceledException)
        {
            // Disposed: the work is over.
        }
    }

    private Heartbeat Heartbeat()
    {
        var last = control.Last;
        return new Heartbeat(
            job.RunId,
            job.Epoch,
            job.Attempt,
            clock.GetUtcNow(),
            last?.Step ?? job.Plan.StepsOf(job.Epoch).First,
            job.Plan.TotalSteps,
            last?.Loss,
            last?.TokensPerSecond,
            control.Remaining?.TotalSeconds,
            control.LossSpikes is { Count: > 0 } spikes ? spikes : null);
    }
}
