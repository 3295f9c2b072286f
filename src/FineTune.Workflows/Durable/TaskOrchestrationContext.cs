using Microsoft.Extensions.Logging;

namespace FineTune.Workflows.Durable;

/// <summary>
/// What an orchestrator may do. Members, names and semantics are those of <c>Microsoft.DurableTask.TaskOrchestrationContext</c>,
/// so that an orchestrator runs unchanged on Azure Durable Functions and on the embedded engine.
/// </summary>
/// <remarks>
/// An orchestrator is replayed from its history after every await: it must be deterministic, single-threaded and await only tasks
/// of this context.
/// </remarks>
public abstract class TaskOrchestrationContext
{
    public abstract string Name { get; }

    public abstract string InstanceId { get; }

    /// <summary>Null when the orchestration was not started by another one.</summary>
    public abstract ParentOrchestrationInstance? Parent { get; }

    /// <summary>The version the instance was started with; empty when none was set.</summary>
    public abstract string Version { get; }

    /// <summary>The same on every replay.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>True while history is replayed, false where new work is done.</summary>
    public abstract bool IsReplaying { get; }

    public abstract T? GetInput<T>();

    /// <summary>Runs an activity at least once.</summary>
    /// <exception cref="TaskFailedException">The activity threw, after all retries.</exception>
    public abstract Task<TResult> CallActivityAsync<TResult>(string name, object? input = null, TaskOptions? options = null);

    public Task CallActivityAsync(string name, object? input = null, TaskOptions? options = null) =>
        CallActivityAsync<object?>(name, input, options);

    /// <exception cref="TaskFailedException">The orchestration failed or was terminated, after all retries.</exception>
    public abstract Task<TResult> CallSubOrchestratorAsync<TResult>(string name, object? input = null, TaskOptions? options = null);

    /// <summary>Completes at <paramref name="fireAt"/> (UTC), or is cancelled.</summary>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    public Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken) =>
        CreateTimer(CurrentUtcDateTime + delay, cancellationToken);

    /// <summary>
    /// Completes with the payload of the next event of that name (case-insensitive). Events that arrive before the wait are buffered;
    /// one event completes one waiter, the newest first.
    /// </summary>
    public abstract Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>Waits at most <paramref name="timeout"/>.</summary>
    /// <exception cref="TaskCanceledException">No event came in time.</exception>
    public async Task<T> WaitForExternalEvent<T>(string eventName, TimeSpan timeout)
    {
        using var timerEnd = new CancellationTokenSource();
        using var waitEnd = new CancellationTokenSource();
        var timer = CreateTimer(timeout, timerEnd.Token);
        var wait = WaitForExternalEvent<T>(eventName, waitEnd.Token);

        // Cancel, not CancelAsync: that runs its callbacks on the thread pool.
        if (await Task.WhenAny(wait, timer) == wait)
        {
            timerEnd.Cancel();
            return await wait;
        }

        waitEnd.Cancel();
        throw new TaskCanceledException($"No event '{eventName}' came within {timeout}.");
    }

    /// <summary>Sends an event to another orchestration; dropped when there is no such instance.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>Replaces the status that clients see; at most 16 KB of UTF-16.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>Ends this generation and starts the instance again with fresh history and <paramref name="newInput"/>.</summary>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>A GUID that is the same on every replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>A logger that is silent while replaying.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);
}

public sealed record ParentOrchestrationInstance(string Name, string InstanceId);
