using System.Runtime.InteropServices;

namespace FineTune.Training.Safetensors;

/// <summary>
/// Pages of a mapped file that were read and are not needed again soon. Until the mapping is closed they count as this process's memory:
/// loading a model would take its file's size beside its own.
/// </summary>
internal static unsafe partial class MappedPages
{
    /// <summary>Smaller pieces are not worth the call.</summary>
    private const int Least = 64 << 10;

    private const int DontNeed = 4;

    /// <summary>Lets go of the whole pages in a range; read again, they come back from the file.</summary>
    public static void Release(byte* start, long length)
    {
        if (length < Least || !OperatingSystem.IsLinux())
        {
            return;
        }

        var page = (nuint)Environment.SystemPageSize;
        var first = ((nuint)start + page - 1) / page * page;
        var end = ((nuint)start + (nuint)length) / page * page;
        _ = Advise((void*)first, end - first, DontNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
