using FineTune.LocalHost;

namespace FineTune.Cli.Hosting;

/// <param name="port">0 takes a free one.</param>
public delegate Task<ILocalHost> StartLocalHost(string dataDirectory, int port, CancellationToken cancellationToken);

/// <summary>A host inside this process; disposing it stops its children.</summary>
public interface ILocalHost : IAsyncDisposable
{
    Uri Address { get; }

    Task WaitForShutdownAsync(CancellationToken cancellationToken);

    /// <summary>Runs the trainer program against the host's storage.</summary>
    /// <returns>Its exit code.</returns>
    Task<int> RunTrainerAsync(string[] args, CancellationToken cancellationToken);
}

/// <summary>The only place that knows how FineTune.LocalHost is started.</summary>
public sealed class LocalHostAdapter(LocalHostApp app) : ILocalHost
{
    public Uri Address => app.BaseAddress;

    public static async Task<ILocalHost> StartAsync(string dataDirectory, int port, CancellationToken cancellationToken) =>
        new LocalHostAdapter(await LocalHostApp.StartAsync(
            new LocalHostOptions { DataDirectory = dataDirectory, Port = port }, cancellationToken));

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => app.WaitForShutdownAsync(cancellationToken);

    public Task<int> RunTrainerAsync(string[] args, CancellationToken cancellationToken) => app.RunTrainerAsync(args, cancellationToken);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
