using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using FineTune.Core.Storage;

namespace FineTune.Storage;

/// <summary>A message and its newest pop receipt; each renewal brings another one, so the members take turns.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class AzureMessageLease(QueueClient queue, string messageId, string body, long dequeueCount, string popReceipt) : IMessageLease
{
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Null once the message was given up, finished or lost.</summary>
    private string? receipt = popReceipt;

    public string MessageId => messageId;

    public string Body => body;

    public long DequeueCount => dequeueCount;

    public Task RenewAsync(TimeSpan lease, CancellationToken cancellationToken = default) =>
        InTurnAsync(async current => await UpdateAsync(current, lease, cancellationToken), cancellationToken);

    public Task CompleteAsync(CancellationToken cancellationToken = default) => InTurnAsync(
        async current =>
        {
            await queue.DeleteMessageAsync(messageId, current, cancellationToken);
            return null;
        },
        cancellationToken);

    public Task ReleaseAsync(CancellationToken cancellationToken = default) => InTurnAsync(
        async current =>
        {
            await UpdateAsync(current, TimeSpan.Zero, cancellationToken);
            return null;
        },
        cancellationToken);

    private async Task<string> UpdateAsync(string current, TimeSpan visibility, CancellationToken cancellationToken) =>
        (await queue.UpdateMessageAsync(messageId, current, visibilityTimeout: visibility, cancellationToken: cancellationToken)).Value.PopReceipt;

    private async Task InTurnAsync(Func<string, Task<string?>> operation, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            receipt = await operation(receipt ?? throw new LeaseLostException(messageId));
        }
        catch (RequestFailedException failure) when (failure.Status == 404 || failure.ErrorCode == QueueErrorCode.PopReceiptMismatch)
        {
            receipt = null;
            throw new LeaseLostException(messageId, failure);
        }
        finally
        {
            turn.Release();
        }
    }
}
