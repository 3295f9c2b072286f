using System.Collections.Concurrent;
using System.Text;
using Azure;
using Azure.Storage.Queues;
using FineTune.Core.Storage;

namespace FineTune.Storage;

/// <summary><see cref="IMessageQueues"/> on Azure Queue Storage or its emulator.</summary>
public sealed class AzureMessageQueues(QueueServiceClient service) : IMessageQueues
{
    private readonly ConcurrentDictionary<string, AzureMessageQueue> opened = new(StringComparer.Ordinal);

    public IMessageQueue Open(string name) => opened.GetOrAdd(name, key => new AzureMessageQueue(service.GetQueueClient(key)));
}

/// <summary>One queue. Bodies are Base64 on the wire, as the queue trigger of Azure Functions expects; messages never expire.</summary>
public sealed class AzureMessageQueue(QueueClient queue) : IMessageQueue
{
    private const int MaxBodyBytes = 48 * 1024;
    private static readonly TimeSpan NeverExpires = TimeSpan.FromSeconds(-1);

    public async Task SendAsync(string body, TimeSpan? delay = null, CancellationToken cancellationToken = default)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxBodyBytes, nameof(body));
        await queue.SendMessageAsync(Convert.ToBase64String(bytes), delay, NeverExpires, cancellationToken);
    }

    public async Task<IMessageLease?> ReceiveAsync(TimeSpan lease, CancellationToken cancellationToken = default)
    {
        var message = (await queue.ReceiveMessageAsync(lease, cancellationToken)).Value;
        return message is null
            ? null
            : new AzureMessageLease(queue, message.MessageId, Decode(message.MessageText), message.DequeueCount, message.PopReceipt);
    }

    public async Task<int> CountAsync(CancellationToken cancellationToken = default) =>
        (int)Math.Min(int.MaxValue, (await queue.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCountLong);

    // Decoded here and not by the client, which fails the whole receive for a foreign message: such a text reaches the reader as it is,
    // who refuses it like any other malformed body.
    private static string Decode(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? Encoding.UTF8.GetString(bytes, 0, count) : text;
    }
}
