namespace FineTune.LocalHost.Durable;

/// <summary>
/// Runs the continuations of one orchestrator on the thread of its turn, in the order they were posted. A continuation that comes from
/// another thread proves that the orchestrator awaited something that is not durable.
/// </summary>
internal sealed class OrchestrationScheduler : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();
    private readonly int thread = Environment.CurrentManagedThreadId;
    private volatile bool foreignPost;

    public bool ForeignPost => foreignPost;

    public bool IsCurrent => Current == this && Environment.CurrentManagedThreadId == thread;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId == thread)
        {
            queue.Enqueue((d, state));
        }
        else
        {
            foreignPost = true;
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="action"/> and everything that follows from it.</summary>
    public void Run(Action action)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
            while (queue.TryDequeue(out var next))
            {
                next.Callback(next.State);
            }
        }
        finally
        {
            SetSynchronizationContext(previous);
        }
    }
}
