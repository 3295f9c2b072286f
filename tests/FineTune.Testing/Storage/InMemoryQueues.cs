using System.Collections.Concurrent;
using System.Globalization;
using FineTune.Core.Storage;

namespace FineTune.Testing.Storage;

/// <summary><see cref="IMessageQueues"/> for pure tests; leases and delays end by <paramref name="time"/>.</summary>
public sealed class InMemoryQueues(TimeProvider? time = null) : IMessageQueues
{
    private readonly ConcurrentDictionary<string, InMemoryQueue> queues = new(StringComparer.Ordinal);

    public IMessageQueue Open(string name) => queues.GetOrAdd(name, _ => new InMemoryQueue(time ?? TimeProvider.System));
}

/// <summary>One queue in memory, oldest visible message first.</summary>
public sealed class InMemoryQueue(TimeProvider time) : IMessageQueue
{
    private readonly TimeProvider clock = time;
    private readonly Lock gate = new();
    private readonly List<Message> messages = [];

    public Task SendAsync(string body, TimeSpan? delay = null, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            messages.Add(new Message(body) { VisibleAt = clock.GetUtcNow() + (delay ?? TimeSpan.Zero) });
        }

        return Task.CompletedTask;
    }

    public Task<IMessageLease?> ReceiveAsync(TimeSpan lease, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var message = messages.FirstOrDefault(candidate => candidate.VisibleAt <= now);
            if (message is null)
            {
                return Task.FromResult<IMessageLease?>(null);
            }

            message.VisibleAt = now + lease;
            message.DequeueCount++;
            message.Receipt++;
            return Task.FromResult<IMessageLease?>(new Lease(this, message, message.Receipt));
        }
    }

    public Task<int> CountAsync(CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            return Task.FromResult(messages.Count);
        }
    }

    private sealed class Message(string body)
    {
        public string Id { get; } = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);

        public string Body => body;

        public DateTimeOffset VisibleAt { get; set; }

        public long DequeueCount { get; set; }

        public long Receipt { get; set; }
    }

    private sealed class Lease(InMemoryQueue queue, Message message, long receipt) : IMessageLease
    {
        private long current = receipt;

        public string MessageId => message.Id;

        public string Body => message.Body;

        public long DequeueCount { get; } = message.DequeueCount;

        public Task RenewAsync(TimeSpan lease, CancellationToken cancellationToken = default) =>
            WhileHeld(() =>
            {
                message.VisibleAt = queue.clock.GetUtcNow() + lease;
                current = ++message.Receipt;
            });

        public Task CompleteAsync(CancellationToken cancellationToken = default) => WhileHeld(() => queue.messages.Remove(message));

        public Task ReleaseAsync(CancellationToken cancellationToken = default) =>
            WhileHeld(() =>
            {
                message.VisibleAt = queue.clock.GetUtcNow();
                message.Receipt++;
            });

        // As the service does: an expired lease still counts as held until someone else takes the message.
        private Task WhileHeld(Action action)
        {
            lock (queue.gate)
            {
                if (!queue.messages.Contains(message) || message.Receipt != current)
                {
                    return Task.FromException(new LeaseLostException(message.Id));
                }

                action();
                return Task.CompletedTask;
            }
        }
    }
}
