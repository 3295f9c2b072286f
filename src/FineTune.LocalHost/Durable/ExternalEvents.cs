namespace FineTune.LocalHost.Durable;

/// <summary>Events without a waiter, and waiters without an event, by name (case-insensitive).</summary>
internal sealed class ExternalEvents(OrchestrationScheduler scheduler)
{
    private readonly List<(string Name, string? Payload)> buffered = [];
    private readonly List<(string Name, Action<string?> Complete, CancellationToken Cancellation)> waiters = [];

    /// <summary>Events that nobody has taken, oldest first.</summary>
    public IReadOnlyList<(string Name, string? Payload)> Unprocessed => buffered;

    public int Waiting => waiters.Count;

    /// <summary>Whether a wait was cancelled elsewhere than on the orchestrator's thread.</summary>
    public bool CancelledElsewhere => waiters.Exists(waiter => waiter.Cancellation.IsCancellationRequested);

    /// <summary>Completes the newest waiter of that name, or keeps the event.</summary>
    public void Raise(string name, string? payload)
    {
        var index = waiters.FindLastIndex(waiter => Same(waiter.Name, name));
        if (index < 0)
        {
            buffered.Add((name, payload));
            return;
        }

        var complete = waiters[index].Complete;
        waiters.RemoveAt(index);
        complete(payload);
    }

    public Task<T> Wait<T>(string name, CancellationToken cancellation)
    {
        var source = new TaskCompletionSource<T>();
        var index = buffered.FindIndex(e => Same(e.Name, name));
        if (index >= 0)
        {
            var payload = buffered[index].Payload;
            buffered.RemoveAt(index);
            source.Complete(payload);
            return source.Task;
        }

        var waiter = (Name: name, Complete: (Action<string?>)source.Complete, Cancellation: cancellation);
        waiters.Add(waiter);

        // A cancelled waiter leaves the stack, so that the next event goes to somebody who still wants it.
        cancellation.Register(() =>
        {
            if (scheduler.IsCurrent && waiters.Remove(waiter))
            {
                source.TrySetCanceled(cancellation);
            }
        });
        return source.Task;
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
