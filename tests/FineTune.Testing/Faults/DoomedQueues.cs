using FineTune.Core.Storage;

namespace FineTune.Testing.Faults;

/// <summary>A process's queues; taking a message is a side effect too.</summary>
public sealed class DoomedQueues(IMessageQueues queues, DoomedProcess process) : IMessageQueues
{
    public IMessageQueue Open(string name) => new DoomedQueue(name, queues.Open(name), process);

    private sealed class DoomedQueue(string name, IMessageQueue queue, DoomedProcess process) : IMessageQueue
    {
        public Task SendAsync(string body, TimeSpan? delay = null, CancellationToken cancellationToken = default) =>
            process.DoAsync($"send {name}", () => queue.SendAsync(body, delay, cancellationToken));

        public async Task<IMessageLease?> ReceiveAsync(TimeSpan lease, CancellationToken cancellationToken = default)
        {
            process.ThrowIfDead();
            if (await queue.ReceiveAsync(lease, cancellationToken) is not { } message)
            {
                return null;
            }

            process.Pass($"receive {name}", after: true);
            return new DoomedLease(name, message, process);
        }

        public Task<int> CountAsync(CancellationToken cancellationToken = default)
        {
            process.ThrowIfDead();
            return queue.CountAsync(cancellationToken);
        }
    }

    private sealed class DoomedLease(string queue, IMessageLease lease, DoomedProcess process) : IMessageLease
    {
        public string MessageId => lease.MessageId;

        public string Body => lease.Body;

        public long DequeueCount => lease.DequeueCount;

        public Task RenewAsync(TimeSpan period, CancellationToken cancellationToken = default) =>
            process.DoAsync($"renew {queue}", () => lease.RenewAsync(period, cancellationToken));

        public Task CompleteAsync(CancellationToken cancellationToken = default) =>
            process.DoAsync($"complete {queue}", () => lease.CompleteAsync(cancellationToken));

        public Task ReleaseAsync(CancellationToken cancellationToken = default) =>
            process.DoAsync($"release {queue}", () => lease.ReleaseAsync(cancellationToken));
    }
}
