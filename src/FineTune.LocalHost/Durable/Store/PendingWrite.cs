using System.Runtime.ExceptionServices;

namespace FineTune.LocalHost.Durable.Store;

/// <summary>A write that waits for the transaction it will be a part of.</summary>
internal abstract class PendingWrite
{
    private ExceptionDispatchInfo? failure;

    /// <summary>Whether it has been committed, or has failed.</summary>
    public bool IsDone { get; set; }

    public bool HasFailed => failure is not null;

    public abstract void Run();

    public void Fail(Exception error)
    {
        failure ??= ExceptionDispatchInfo.Capture(error);
        IsDone = true;
    }

    protected void ThrowIfFailed() => failure?.Throw();
}

/// <inheritdoc/>
internal sealed class PendingWrite<T>(Func<T> work) : PendingWrite
{
    private T result = default!;

    public T Result
    {
        get
        {
            ThrowIfFailed();
            return result;
        }
    }

    public override void Run() => result = work();
}
