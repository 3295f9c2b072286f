using System.Collections.Concurrent;
using FineTune.Core.Epochs;
using FineTune.Core.Runs;

namespace FineTune.Trainer.Epochs;

/// <summary>Why training of an epoch has to stop before its end, the weightiest last.</summary>
public enum StopReason
{
    None,

    /// <summary>This process is asked to end; the job goes back with a fresh checkpoint.</summary>
    Shutdown,

    /// <summary>The user paused the run; a checkpoint is kept and the trainer is free for others.</summary>
    Paused,

    /// <summary>The user cancelled the run; a checkpoint is kept.</summary>
    Canceled,

    /// <summary>A newer attempt, or another holder of the message, has taken over; nothing more may be written.</summary>
    Superseded,
}

/// <summary>What the training thread and the lease keeper tell each other.</summary>
public sealed class EpochControl
{
    private readonly ConcurrentQueue<StepMetrics> metrics = new();
    private readonly ConcurrentQueue<RunEvent> events = new();
    private int reason;

    public StopReason Reason => (StopReason)Volatile.Read(ref reason);

    /// <summary>The pause to honour, with <see cref="StopReason.Paused"/>.</summary>
    public string? PauseId { get; private set; }

    /// <summary>The last finished step; null before the first.</summary>
    public StepMetrics? Last { get; private set; }

    /// <summary>Estimate to the end of the run's training, as of the last finished step; null until it can be told.</summary>
    public TimeSpan? Remaining { get; private set; }

    /// <summary>Asks training to stop after the step under way; a weightier reason replaces a lighter one.</summary>
    public void Stop(StopReason why)
    {
        for (var seen = Volatile.Read(ref reason); seen < (int)why; seen = Volatile.Read(ref reason))
        {
            Interlocked.CompareExchange(ref reason, (int)why, seen);
        }
    }

    public void Pause(string id)
    {
        PauseId ??= id;
        Stop(StopReason.Paused);
    }

    /// <summary>Steps of the run at which the loss spiked, as of the last finished step.</summary>
    public IReadOnlyList<long> LossSpikes { get; private set; } = [];

    public void Report(StepMetrics step, TimeSpan? remaining, IReadOnlyList<long> lossSpikes)
    {
        metrics.Enqueue(step);
        Remaining = remaining;
        LossSpikes = LossSpikes.Count == lossSpikes.Count ? LossSpikes : [.. lossSpikes];
        Last = step;
    }

    public void Announce(RunEvent happened) => events.Enqueue(happened);

    /// <summary>Appends what was reported since the last call to the journal; what of it could not be written is kept for the next.</summary>
    public async Task WriteAsync(RunJournal journal, EpochJob job, CancellationToken cancellationToken)
    {
        await WriteAsync(metrics, steps => journal.AppendMetricsAsync(job.Epoch, job.Attempt, steps, cancellationToken));
        await WriteAsync(events, happened => journal.AppendEventsAsync(happened, cancellationToken));
    }

    private static async Task WriteAsync<T>(ConcurrentQueue<T> reported, Func<List<T>, Task> append)
    {
        var taken = new List<T>();
        while (reported.TryDequeue(out var item))
        {
            taken.Add(item);
        }

        if (taken.Count == 0)
        {
            return;
        }

        try
        {
            await append(taken);
        }
        catch
        {
            taken.ForEach(reported.Enqueue);
            throw;
        }
    }
}
