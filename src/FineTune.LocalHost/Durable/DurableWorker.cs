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
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger logger = loggers.CreateLogger<DurableWorker>();
    private Task loop = Task.CompletedTask;

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

    public async ValueTask DisposeAsync()
    {
        await AbandonAsync();
        stopping.Dispose();
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
            foreach (var instanceId in ready)
            {
                stopping.Token.ThrowIfCancellationRequested();
                RunTurn(instanceId);
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

    private void RunTurn(string instanceId)
    {
        if (store.LoadTurn(instanceId) is not { } turn)
        {
            return;
        }

        registry.Orchestrators.TryGetValue(turn.Instance.Name, out var function);
        var result = OrchestrationExecutor.Run(turn, function, clock.GetUtcNow(), loggers);
        store.Commit(turn, result);
        if (result.Failure is { } failure)
        {
            logger.LogError("Orchestration {Name} {Instance} failed: {Error}", turn.Instance.Name, instanceId, failure.ErrorMessage);
        }

        if (result.Status.IsTerminal())
        {
            signals.Ended(instanceId);
        }
    }

    private void SetAlarm(ITimer alarm)
    {
        var wait = store.NextDue() is { } due ? due - clock.GetUtcNow() : LongestSleep;
        alarm.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestSleep ? wait : LongestSleep, Timeout.InfiniteTimeSpan);
    }
}
