using FineTune.Core.Faults;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Supervision;

/// <summary>A child as it is now.</summary>
/// <param name="Pid">Null while it is down.</param>
/// <param name="Restarts">How often it was started again.</param>
public sealed record ChildStatus(string Role, int? Pid, int Restarts);

/// <summary>
/// The one host of a data folder and its children: started in order, restarted when they die, stopped in reverse order. A host killed
/// with <c>kill -9</c> leaves its children behind; the next one ends them before it starts its own.
/// </summary>
public sealed class Supervisor : IAsyncDisposable
{
    /// <summary>Code of the refusal of a folder that another host holds.</summary>
    public const string FolderInUse = "data_folder_in_use";

    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(30);
    private readonly string folder;
    private readonly FileLock hold;
    private readonly ProcessLedger ledger;
    private readonly RestartPolicy policy;
    private readonly ILoggerFactory loggers;
    private readonly TimeProvider time;
    private readonly List<SupervisedChild> children = [];

    private Supervisor(string dataFolder, FileLock taken, RestartPolicy restarts, ILoggerFactory loggerFactory, TimeProvider clock)
    {
        (folder, hold, policy, loggers, time) = (dataFolder, taken, restarts, loggerFactory, clock);
        ledger = new ProcessLedger(LedgerFile(dataFolder));
    }

    /// <summary>The children, in the order in which they were started.</summary>
    public IReadOnlyList<ChildStatus> Children => [.. children.Select(child => child.Status)];

    /// <summary>Takes the data folder and ends what a killed predecessor left running.</summary>
    /// <exception cref="FaultException">Another host uses the folder.</exception>
    public static async Task<Supervisor> OpenAsync(
        string dataFolder,
        ILoggerFactory loggerFactory,
        RestartPolicy? restarts = null,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        FileLock? hold = null;
        try
        {
            hold = FileLock.TryTake(Path.Combine(dataFolder, "host.lock")) ?? throw new FaultException(Fault.Caller(
                "start_host",
                FolderInUse,
                $"Another host is running on the data folder {Path.GetFullPath(dataFolder)}. Stop it, or give this one a folder of its own."));
            await EndOrphansAsync(dataFolder, loggerFactory.CreateLogger<Supervisor>(), cancellationToken);
            var supervisor = new Supervisor(
                dataFolder, hold, restarts ?? RestartPolicy.Default, loggerFactory, time ?? TimeProvider.System);
            hold = null;
            return supervisor;
        }
        finally
        {
            hold?.Dispose();
        }
    }

    /// <summary>Starts a child, waits until it is ready, and from then on starts it again whenever it dies.</summary>
    /// <exception cref="FaultException">It cannot be started, ended at once or was not ready in time.</exception>
    public async Task StartAsync(ChildSpec spec, CancellationToken cancellationToken = default)
    {
        var logs = Directory.CreateDirectory(Path.Combine(folder, "logs")).FullName;
        var child = new SupervisedChild(spec, policy, ledger, Path.Combine(logs, spec.Role + ".log"), loggers, time);
        try
        {
            await child.StartAsync(cancellationToken);
            children.Add(child);
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the children, the last started first, and gives the data folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var child in Enumerable.Reverse(children))
        {
            await child.DisposeAsync();
        }

        children.Clear();
        hold.Dispose();
    }

    // The last started first, as in an orderly stop: the trainer before the storage it writes to.
    private static async Task EndOrphansAsync(string dataFolder, ILogger logger, CancellationToken cancellationToken)
    {
        foreach (var orphan in ProcessLedger.Read(LedgerFile(dataFolder)).Reverse().Where(entry => entry.Process.IsAlive()))
        {
            logger.LogWarning("Ending {Role} (process {Pid}), left behind by a killed host", orphan.Role, orphan.Process.Pid);
            await Signals.EndAsync(orphan.Process, OrphanGrace, cancellationToken);
        }
    }

    private static string LedgerFile(string dataFolder) => Path.Combine(dataFolder, "processes.json");
}
