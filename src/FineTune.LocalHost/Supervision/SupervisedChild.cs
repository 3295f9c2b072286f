using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Supervision;

/// <summary>One child and the loop that starts it again when it dies.</summary>
internal sealed class SupervisedChild(
    ChildSpec spec, RestartPolicy policy, ProcessLedger ledger, string logFile, ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger logger = loggers.CreateLogger<Supervisor>();
    private readonly ChildLog log = new(logFile, loggers.CreateLogger($"FineTune.{spec.Role}"));
    private Task loop = Task.CompletedTask;
    private volatile ChildStatus status = new(spec.Role, null, 0);

    public ChildStatus Status => status;

    /// <summary>Starts the child, waits until it is ready and watches it from then on.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var (child, entry) = await StartOnceAsync(cancellationToken);
        loop = WatchAsync(child, entry, started);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await loop;
        stopping.Dispose();
        log.Dispose();
    }

    private async Task<(ChildProcess Child, LedgerEntry? Entry)> StartOnceAsync(CancellationToken cancellationToken)
    {
        var child = ChildProcess.Start(spec, log.Write);
        var entry = child.Identity is { } identity ? new LedgerEntry(spec.Role, identity) : null;
        if (entry is not null)
        {
            ledger.Add(entry);
        }

        try
        {
            await child.WaitReadyAsync(cancellationToken);
        }
        catch
        {
            await EndAsync(child, entry);
            throw;
        }

        status = status with { Pid = child.Pid };
        logger.LogInformation("{Role} is ready (process {Pid})", spec.Role, child.Pid);
        return (child, entry);
    }

    private async Task EndAsync(ChildProcess child, LedgerEntry? entry)
    {
        status = status with { Pid = null };
        await child.DisposeAsync();
        if (entry is not null)
        {
            ledger.Remove(entry);
        }
    }

    private async Task WatchAsync(ChildProcess child, LedgerEntry? entry, long started)
    {
        var deaths = 0;
        try
        {
            while (true)
            {
                var exitCode = await child.Exited.WaitAsync(stopping.Token);
                deaths = policy.Count(deaths, time.GetElapsedTime(started));
                logger.LogWarning("{Role} ended unexpectedly with exit code {ExitCode}", spec.Role, exitCode);
                await EndAsync(child, entry);
                (child, entry, started, deaths) = await RestartAsync(deaths);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await EndAsync(child, entry);
        }
    }

    private async Task<(ChildProcess Child, LedgerEntry? Entry, long Started, int Deaths)> RestartAsync(int deaths)
    {
        while (true)
        {
            var delay = policy.DelayAfter(deaths);
            logger.LogInformation("Starting {Role} again in {Delay}", spec.Role, delay);
            await Task.Delay(delay, time, stopping.Token);
            var started = time.GetTimestamp();
            try
            {
                var (child, entry) = await StartOnceAsync(stopping.Token);
                status = status with { Restarts = status.Restarts + 1 };
                return (child, entry, started, deaths);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                deaths++;
                logger.LogError("{Role} could not be started: {Reason}", spec.Role, failure.Message);
            }
        }
    }
}
