using FineTune.Core.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Queues;

/// <summary>Does locally what a QueueTrigger does in Azure: hands each message to a handler and deletes it afterwards.</summary>
/// <remarks>At least once: a message whose handler throws, or whose host dies, comes again; after five times it moves to the poison queue.</remarks>
public sealed class QueuePump(
    string queueName, IMessageQueues queues, Func<string, CancellationToken, Task> handler, TimeSpan poll, ILogger logger) : BackgroundService
{
    private const int MaxDequeueCount = 5;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(poll);
        do
        {
            try
            {
                await DrainAsync(stoppingToken);
            }
            catch (Exception trouble) when (trouble is not OperationCanceledException)
            {
                logger.LogWarning(trouble, "Queue {Queue} cannot be read; trying again", queueName);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Handles the messages that are visible now.</summary>
    internal async Task DrainAsync(CancellationToken stoppingToken)
    {
        var queue = queues.Open(queueName);
        while (await queue.ReceiveAsync(Lease, stoppingToken) is { } message)
        {
            await HandleAsync(message, stoppingToken);
        }
    }

    private async Task HandleAsync(IMessageLease message, CancellationToken stoppingToken)
    {
        try
        {
            await handler(message.Body, stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            logger.LogError(failure, "Message {MessageId} of queue {Queue} failed ({Count})", message.MessageId, queueName, message.DequeueCount);
            if (message.DequeueCount < MaxDequeueCount)
            {
                return;
            }

            await queues.Open(queueName + "-poison").SendAsync(message.Body, cancellationToken: stoppingToken);
        }

        await message.CompleteAsync(stoppingToken);
    }
}
