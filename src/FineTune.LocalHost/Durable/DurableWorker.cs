using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Durable;

/// <summary>The engine's one loop: runs the turns that are due, starts activities, sleeps until woken or until the next timer.</summary>
internal sealed class DurableWorker(
    DurableStore store,
    ActivityRunner activities,
    DurableTaskRegistry registry,
    EngineSignals signals,
    TimeProvider clock,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private const int Batch = 64;

    /// <summary>Turns that share a flush; their histories are in memory together.</summary>
    private const int TurnsPerCommit = 16;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger logger = loggers.CreateLogger<DurableWorker>();
    private Task loop = Task.CompletedTask;
    private bool disposed;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        loop = Task.Run(LoopAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Ends after the running activities, or when the host's patience ends: those are run again at the next start.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await AbandonAsync();
        try
        {
            await activities.WhenAllEnded().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            logger.LogWarning("{Count} activities were still running at shutdown; they will run again.", activities.Running);
        }
    }

    /// <summary>Leaves at once; a container that knows the worker by two services calls this twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            await AbandonAsync();
            stopping.Dispose();
        }
    }

    private async Task AbandonAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    private async Task LoopAsync()
    {
        using var alarm = clock.CreateTimer(_ => signals.Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!Work())
                {
                    SetAlarm(alarm);
                    await signals.WaitForWorkAsync(stopping.Token);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                logger.LogError(error, "The durable store failed; trying again.");
                await Task.Delay(StoreRetry, clock, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>One round; false when there was nothing to do.</summary>
    private bool Work()
    {
        var waiters = signals.TakeIdleWaiters();
        var busy = true;
        try
        {
            // Read before the inbox is: an activity that ends in between leaves a message and wakes the loop again.
            var running = activities.Running;
            var ready = store.Ready(Batch);
            foreach (var instanceIds in ready.Chunk(TurnsPerCommit))
            {
                RunTurns(instanceIds);
            }

            var started = activities.StartWaiting(stopping.Token);
            busy = running > 0 || ready.Count > 0 || started;
            return ready.Count > 0 || started;
        }
        finally
        {
            Tell(waiters, busy);
        }
    }

    private void Tell(IReadOnlyCollection<TaskCompletionSource> waiters, bool busy)
    {
        if (busy)
        {
            signals.PutBack(waiters);
            return;
        }

        foreach (var waiter in waiters)
        {
            waiter.SetResult();
        }
    }

    private void RunTurns(IEnumerable<string> instanceIds)
    {
        var turns = new List<(Turn Turn, TurnResult Result)>();
        foreach (var instanceId in instanceIds)
        {
            stopping.Token.ThrowIfCancellationRequested();
            if (store.LoadTurn(instanceId) is { } turn)
            {
                registry.Orchestrators.TryGetValue(turn.Instance.Name, out var function);
                turns.Add((turn, OrchestrationExecutor.Run(turn, function, clock.GetUtcNow(), loggers)));
            }
        }

        if (turns.Count > 0)
        {
            store.Commit(turns);
        }

        foreach (var (turn, result) in turns)
        {
            if (result.Failure is { } failure)
            {
                logger.LogError("Orchestration {Name} {Instance} failed: {Error}", turn.Instance.Name, turn.Instance.Id, failure.ErrorMessage);
            }

            if (result.Status.IsTerminal())
            {
                signals.Ended(turn.Instance.Id);
            }
        }
    }

    private void SetAlarm(ITimer alarm)
    {
        var wait = store.NextDue() is { } due ? due - clock.GetUtcNow() : LongestSleep;
        alarm.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestSleep ? wait : LongestSleep, Timeout.InfiniteTimeSpan);
    }
}
