using System.Globalization;

namespace FineTune.Training.Numerics;

/// <summary>How much more memory this process may take.</summary>
public static class FreeMemory
{
    private const string SystemFile = "/proc/meminfo";

    /// <summary>All that it may take, in bytes: the machine's memory, or the container's limit.</summary>
    public static long Limit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>In bytes: what the system has left and, in a container, what its limit leaves.</summary>
    public static long Bytes()
    {
        var left = Limit - Environment.WorkingSet;
        if (!File.Exists(SystemFile))
        {
            return left;
        }

        var line = File.ReadLines(SystemFile).First(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal));
        var kilobytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return Math.Min(left, 1024 * long.Parse(kilobytes, CultureInfo.InvariantCulture));
    }
}
