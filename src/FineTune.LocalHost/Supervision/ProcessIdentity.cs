using System.Diagnostics;
using System.Globalization;

namespace FineTune.LocalHost.Supervision;

/// <summary>A process beyond its pid, which the system gives to others later.</summary>
/// <param name="StartedAt">
/// When it started, comparable for equality only. On Linux boot id and clock ticks since boot: exact, and untouched by changes of the clock.
/// </param>
public sealed record ProcessIdentity(int Pid, string StartedAt)
{
    // Fields of /proc/<pid>/stat counted from the one after the command name (proc(5)).
    private const int StateField = 0;
    private const int StartTimeField = 19;

    /// <summary>The process with this pid, or null when there is none.</summary>
    public static ProcessIdentity? Find(int pid)
    {
        if (OperatingSystem.IsLinux())
        {
            return FindOnLinux(pid);
        }

        try
        {
            using var process = Process.GetProcessById(pid);
            return process.HasExited
                ? null
                : new ProcessIdentity(pid, process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public bool IsAlive() => Find(Pid) == this;

    private static ProcessIdentity? FindOnLinux(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

            // A zombie has ended; only its parent has not asked yet.
            return fields[StateField] is "Z" or "X" ? null : new ProcessIdentity(pid, $"{boot}:{fields[StartTimeField]}");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
