using System.Collections.Concurrent;
using System.Threading.Channels;

namespace FineTune.LocalHost.Durable;

/// <summary>Wakes the worker when there may be work, and whoever waits for an instance or for the engine to have nothing to do.</summary>
internal sealed class EngineSignals
{
    private readonly Channel<bool> work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, TaskCompletionSource> instances = new();
    private readonly Lock gate = new();
    private List<TaskCompletionSource> idleWaiters = [];

    public void Wake() => work.Writer.TryWrite(true);

    public async Task WaitForWorkAsync(CancellationToken cancellation) => await work.Reader.ReadAsync(cancellation);

    /// <summary>Completes when the instance has ended or was forgotten; look at the store after asking and before awaiting.</summary>
    public Task WhenEnded(string instanceId) =>
        instances.GetOrAdd(instanceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Ended(string instanceId)
    {
        if (instances.TryRemove(instanceId, out var source))
        {
            source.SetResult();
        }
    }

    /// <summary>Completes when no message is due and no activity runs; for tests.</summary>
    public Task WhenIdleAsync()
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        PutBack([source]);
        Wake();
        return source.Task;
    }

    /// <summary>Those who asked before the worker looks for work: only they may be told that there was none.</summary>
    public IReadOnlyCollection<TaskCompletionSource> TakeIdleWaiters()
    {
        lock (gate)
        {
            var taken = idleWaiters;
            idleWaiters = [];
            return taken;
        }
    }

    public void PutBack(IEnumerable<TaskCompletionSource> waiters)
    {
        lock (gate)
        {
            idleWaiters.AddRange(waiters);
        }
    }
}
