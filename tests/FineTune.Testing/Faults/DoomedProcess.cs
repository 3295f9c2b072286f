namespace FineTune.Testing.Faults;

/// <summary>
/// One life of a process in a <see cref="FaultPlan"/>. Once it has died, nothing it still does has any effect: whatever it calls throws, as
/// good as <c>kill -9</c> for all who look from outside.
/// </summary>
public sealed class DoomedProcess(string name, FaultPlan plan)
{
    private readonly TaskCompletionSource death = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it has done anything that others can see.</summary>
    public bool HasActed { get; private set; }

    /// <summary>Completes with its death.</summary>
    public Task Death => death.Task;

    /// <exception cref="ProcessKilledException">It is dead.</exception>
    public void ThrowIfDead()
    {
        if (death.Task.IsCompleted)
        {
            throw new ProcessKilledException();
        }
    }

    /// <summary>A point of death.</summary>
    /// <param name="effect">The side effect before or after which it lies.</param>
    public void Pass(string effect, bool after)
    {
        ThrowIfDead();
        HasActed |= after;
        if (plan.Strikes($"{name} {(after ? "after" : "before")} {effect}"))
        {
            death.TrySetResult();
            throw new ProcessKilledException();
        }
    }

    /// <summary>Does <paramref name="work"/> between two points of death.</summary>
    public async Task<T> DoAsync<T>(string effect, Func<Task<T>> work)
    {
        Pass(effect, after: false);
        var result = await work();
        Pass(effect, after: true);
        return result;
    }

    public Task DoAsync(string effect, Func<Task> work) => DoAsync(effect, async () =>
    {
        await work();
        return true;
    });
}

/// <summary>The process that called is dead.</summary>
public sealed class ProcessKilledException : Exception;
