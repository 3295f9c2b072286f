using FineTune.LocalHost.Hosting;
using FineTune.LocalHost.Supervision;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.Cli.Hosting;

/// <param name="Port">0 takes a free one.</param>
/// <param name="LogToConsole">Whether the host's log goes to standard error too; it always goes to the data folder.</param>
public sealed record HostStart(string DataDirectory, int Port = 0, bool LogToConsole = false);

public delegate Task<ILocalHost> StartLocalHost(HostStart start, CancellationToken cancellationToken);

/// <summary>Takes a data folder as a host does and ends what a killed one left running; disposing gives it free.</summary>
public delegate Task<IAsyncDisposable> HoldData(string dataDirectory, CancellationToken cancellationToken);

/// <summary>A host inside this process; disposing it stops its children.</summary>
public interface ILocalHost : IAsyncDisposable
{
    Uri Address { get; }

    Task WaitForShutdownAsync(CancellationToken cancellationToken);

    /// <summary>Runs the trainer program against the host's storage.</summary>
    Task<(int ExitCode, string Output)> RunTrainerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}

/// <summary>The only place that knows how FineTune.LocalHost is started.</summary>
public sealed class LocalHostAdapter(LocalHostApp app) : ILocalHost
{
    /// <summary>The file by which a host holds its folder; it stays when the folder is emptied.</summary>
    public const string LockName = "host.lock";

    public Uri Address => app.BaseAddress;

    public static async Task<ILocalHost> StartAsync(HostStart start, CancellationToken cancellationToken)
    {
        var options = new LocalHostOptions { DataDirectory = start.DataDirectory, Port = start.Port, LogToConsole = start.LogToConsole };
        return new LocalHostAdapter(await LocalHostApp.StartAsync(options, cancellationToken));
    }

    public static async Task<IAsyncDisposable> HoldAsync(string dataDirectory, CancellationToken cancellationToken) =>
        await Supervisor.OpenAsync(dataDirectory, NullLoggerFactory.Instance, cancellationToken: cancellationToken);

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => app.WaitForShutdownAsync(cancellationToken);

    public Task<(int ExitCode, string Output)> RunTrainerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        app.RunTrainerAsync(arguments, cancellationToken);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
