using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FineTune.LocalHost.Supervision;

/// <summary>Ends processes, own children or not.</summary>
internal static partial class Signals
{
    private const int Terminate = 15;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks the process to end: SIGTERM. Does nothing on Windows, which has no such request for a process without a window.</summary>
    public static void RequestEnd(int pid)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Send(pid, Terminate);
        }
    }

    /// <summary>Ends a process that is not our child: asks, and after <paramref name="grace"/> kills. Returns when it is gone.</summary>
    public static async Task EndAsync(ProcessIdentity target, TimeSpan grace, CancellationToken cancellationToken)
    {
        RequestEnd(target.Pid);
        var deadline = Stopwatch.StartNew();
        for (var killed = false; target.IsAlive(); await Task.Delay(Poll, cancellationToken))
        {
            if (!killed && (OperatingSystem.IsWindows() || deadline.Elapsed > grace))
            {
                Kill(target);
                killed = true;
            }
        }
    }

    private static void Kill(ProcessIdentity target)
    {
        try
        {
            using var process = Process.GetProcessById(target.Pid);
            if (target.IsAlive())
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int pid, int signal);
}
