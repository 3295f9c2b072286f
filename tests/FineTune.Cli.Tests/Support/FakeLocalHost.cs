using FineTune.Cli.Hosting;

namespace FineTune.Cli.Tests.Support;

/// <summary>A local host that a test pretends to have started.</summary>
public sealed class FakeLocalHost(Uri address, int trainerExitCode = 0) : ILocalHost
{
    public List<string[]> TrainerCalls { get; } = [];

    public bool IsDisposed { get; private set; }

    public Uri Address => address;

    public StartLocalHost Start => (_, _, _) => Task.FromResult<ILocalHost>(this);

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<int> RunTrainerAsync(string[] args, CancellationToken cancellationToken)
    {
        TrainerCalls.Add(args);
        return Task.FromResult(trainerExitCode);
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
