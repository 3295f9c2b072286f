namespace FineTune.Core.Storage;

/// <summary>Opens queues by name.</summary>
public interface IMessageQueues
{
    IMessageQueue Open(string name);
}

/// <summary>A queue that delivers at least once. Bodies are UTF-8 text of at most 48 KB, Base64 on the wire.</summary>
public interface IMessageQueue
{
    Task SendAsync(string body, TimeSpan? delay = null, CancellationToken cancellationToken = default);

    /// <summary>Takes one message for <paramref name="lease"/>, or null when none is visible.</summary>
    Task<IMessageLease?> ReceiveAsync(TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>About how many messages wait, leased ones included.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken = default);
}

/// <summary>
/// A message held for a time. Each renewal replaces the pop receipt, and only the newest is valid, so one lease belongs to one holder;
/// its members may be called from several threads and take turns.
/// </summary>
public interface IMessageLease
{
    string MessageId { get; }

    string Body { get; }

    /// <summary>How often the message was received, this time included.</summary>
    long DequeueCount { get; }

    /// <exception cref="LeaseLostException">Someone else holds or has finished the message.</exception>
    Task RenewAsync(TimeSpan lease, CancellationToken cancellationToken = default);

    /// <summary>Deletes the message.</summary>
    /// <exception cref="LeaseLostException">Someone else holds or has finished the message.</exception>
    Task CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes the message visible to others at once.</summary>
    /// <exception cref="LeaseLostException">Someone else holds or has finished the message.</exception>
    Task ReleaseAsync(CancellationToken cancellationToken = default);
}

/// <summary>The lease ran out and the message went to another holder, or is gone.</summary>
public sealed class LeaseLostException(string messageId, Exception? inner = null)
    : IOException($"The lease of message {messageId} is lost: it ran out and another holder took the message.", inner);
