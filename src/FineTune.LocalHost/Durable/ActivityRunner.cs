using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Durable;

/// <summary>
/// Runs work items, at most <see cref="DurableEngineOptions.MaxConcurrentActivities"/> at once, each in its own service scope. A work
/// item is forgotten with the commit of its result: what a killed process left unfinished runs again, and so does what failed while
/// the process was stopping, because what it needed may have stopped before it.
/// </summary>
internal sealed class ActivityRunner(
    DurableStore store,
    DurableTaskRegistry registry,
    IServiceScopeFactory scopes,
    EngineSignals signals,
    DurableEngineOptions options,
    TimeProvider clock,
    ILogger<ActivityRunner> logger)
{
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    private readonly HashSet<Task> running = [];
    private readonly Lock gate = new();
    private long started;

    public int Running
    {
        get
        {
            lock (gate)
            {
                return running.Count;
            }
        }
    }

    /// <summary>Starts as many waiting work items as there are free slots; false when it started none.</summary>
    public bool StartWaiting(CancellationToken stopping)
    {
        var free = options.MaxConcurrentActivities - Running;
        var items = free > 0 ? store.Activities(started, free) : [];
        foreach (var item in items)
        {
            started = item.Sequence;
            Track(Task.Run(() => RunAsync(item, stopping), CancellationToken.None));
        }

        return items.Count > 0;
    }

    /// <summary>Completes when every activity that runs now has ended.</summary>
    public Task WhenAllEnded()
    {
        lock (gate)
        {
            return Task.WhenAll(running);
        }
    }

    private void Track(Task run)
    {
        lock (gate)
        {
            running.Add(run);
        }

        run.ContinueWith(
            ended =>
            {
                lock (gate)
                {
                    running.Remove(ended);
                }

                signals.Wake();
            },
            TaskScheduler.Default);
    }

    private async Task RunAsync(ActivityWorkItem item, CancellationToken stopping)
    {
        var completion = await InvokeAsync(item);
        if (completion.EventType == HistoryEventType.TaskFailed && stopping.IsCancellationRequested)
        {
            return;
        }

        while (true)
        {
            try
            {
                store.CompleteActivity(item, completion);
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception error)
            {
                logger.LogError(error, "The result of activity {Name} of {Instance} could not be stored.", item.Name, item.InstanceId);
                if (stopping.IsCancellationRequested)
                {
                    return;
                }
            }

            await Task.Delay(StoreRetry, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<HistoryEvent> InvokeAsync(ActivityWorkItem item)
    {
        try
        {
            if (!registry.Activities.TryGetValue(item.Name, out var activity))
            {
                throw new InvalidOperationException($"No activity is named '{item.Name}'.");
            }

            await using var scope = scopes.CreateAsyncScope();
            var result = await activity(scope.ServiceProvider, item.Input);
            return new HistoryEvent(HistoryEventType.TaskCompleted, clock.GetUtcNow(), item.TaskId, Result: result);
        }
        catch (Exception failure)
        {
            logger.LogWarning(failure, "Activity {Name} of {Instance} failed.", item.Name, item.InstanceId);
            return new HistoryEvent(HistoryEventType.TaskFailed, clock.GetUtcNow(), item.TaskId)
            {
                FailureDetails = TaskFailureDetails.FromException(failure),
            };
        }
    }
}
