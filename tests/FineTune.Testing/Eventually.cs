namespace FineTune.Testing;

/// <summary>Waits for what happens in another process, whose progress has no signal here. The deadline only ends a failing test.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Asks <paramref name="probe"/> again and again until it answers something.</summary>
    public static async Task<T> AnswersAsync<T>(Func<Task<T?>> probe, CancellationToken cancellationToken = default)
        where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        while (true)
        {
            deadline.Token.ThrowIfCancellationRequested();
            if (await probe() is { } answer)
            {
                return answer;
            }

            await Task.Yield();
        }
    }
}
