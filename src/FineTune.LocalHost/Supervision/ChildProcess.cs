using System.Collections.Concurrent;
using System.Diagnostics;
using FineTune.Core.Faults;

namespace FineTune.LocalHost.Supervision;

/// <summary>
/// A running child. Its standard input is a pipe that closes when the host stops it or dies, so a child can tell that its host is gone.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int TailLines = 20;
    private readonly ChildSpec spec;
    private readonly Action<string> onLine;
    private readonly Process process;
    private readonly ConcurrentQueue<string> tail = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(ChildSpec child, Action<string> lineSink)
    {
        (spec, onLine) = (child, lineSink);
        var command = spec.Command();
        command.UseShellExecute = false;
        command.CreateNoWindow = true;
        command.RedirectStandardInput = command.RedirectStandardOutput = command.RedirectStandardError = true;
        process = StartProcess(command);
        Identity = ProcessIdentity.Find(process.Id);
        if (spec.IsReady is null)
        {
            ready.TrySetResult();
        }

        Exited = WatchAsync();
    }

    /// <summary>Null when the child ended before it could be looked at.</summary>
    public ProcessIdentity? Identity { get; }

    public int Pid => process.Id;

    /// <summary>The exit code, once the child has ended and its output was read.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last lines of output, for messages.</summary>
    public string Tail => string.Join(Environment.NewLine, tail);

    /// <summary>Starts the child without waiting for it to be ready.</summary>
    /// <exception cref="FaultException">The program cannot be started.</exception>
    public static ChildProcess Start(ChildSpec spec, Action<string> onLine) => new(spec, onLine);

    /// <summary>Starts the child and waits until it is ready.</summary>
    /// <exception cref="FaultException">The program cannot be started, ended at once or was not ready in time; it does not run then.</exception>
    public static async Task<ChildProcess> StartReadyAsync(
        ChildSpec spec, Action<string> onLine, CancellationToken cancellationToken = default)
    {
        var child = Start(spec, onLine);
        try
        {
            await child.WaitReadyAsync(cancellationToken);
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="FaultException">The child ended, or was not ready in time.</exception>
    public async Task WaitReadyAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await Task.WhenAny(ready.Task, Exited).WaitAsync(spec.ReadyWithin, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw Failure("child_not_ready", $"{spec.Role} was not ready within {spec.ReadyWithin.TotalSeconds:F0} s.");
        }

        if (!ready.Task.IsCompleted)
        {
            throw Failure("child_ended", $"{spec.Role} ended with exit code {await Exited} before it was ready.");
        }
    }

    /// <summary>Asks the child to end (its input closes; SIGTERM where there are signals) and kills it after the grace time.</summary>
    public async Task StopAsync()
    {
        if (!Exited.IsCompleted)
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It closed its end first.
            }

            Signals.RequestEnd(process.Id);
            await Task.WhenAny(Exited, Task.Delay(spec.Grace));
            Kill();
        }

        await Exited;
    }

    /// <summary>Ends the child and its own children at once.</summary>
    public void Kill()
    {
        if (!Exited.IsCompleted)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }

    private Process StartProcess(ProcessStartInfo command)
    {
        try
        {
            return Process.Start(command)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new FaultException(
                Fault.Platform("start_host", "child_not_started", $"{spec.Role} cannot be started ({command.FileName}): {missing.Message}."),
                missing);
        }
    }

    private async Task<int> WatchAsync()
    {
        var output = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        await process.WaitForExitAsync();

        // A grandchild may hold the pipe open for ever; what the child itself wrote is there by now.
        await Task.WhenAny(output, Task.Delay(TimeSpan.FromSeconds(1)));
        return process.ExitCode;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            tail.Enqueue(line);
            while (tail.Count > TailLines)
            {
                tail.TryDequeue(out _);
            }

            onLine(line);
            if (!ready.Task.IsCompleted && spec.IsReady!(line))
            {
                ready.TrySetResult();
            }
        }
    }

    private FaultException Failure(string code, string message) =>
        new(Fault.Platform("start_host", code, tail.IsEmpty ? message : $"{message} Its last words:{Environment.NewLine}{Tail}"));
}
