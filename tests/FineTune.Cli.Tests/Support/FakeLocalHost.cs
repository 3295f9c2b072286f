using FineTune.Cli.Hosting;

namespace FineTune.Cli.Tests.Support;

/// <summary>A local host that a test pretends to have started.</summary>
public sealed class FakeLocalHost(Uri address, int trainerExitCode = 0, string trainerOutput = "") : ILocalHost
{
    public List<IReadOnlyList<string>> TrainerCalls { get; } = [];

    public bool IsDisposed { get; private set; }

    public Uri Address => address;

    public StartLocalHost Start => (_, _) => Task.FromResult<ILocalHost>(this);

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<(int ExitCode, string Output)> RunTrainerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        TrainerCalls.Add(arguments);
        return Task.FromResult((trainerExitCode, trainerOutput));
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
