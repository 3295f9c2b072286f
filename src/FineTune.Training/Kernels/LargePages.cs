using System.Runtime.InteropServices;

namespace FineTune.Training.Kernels;

/// <summary>
/// Zeroed memory straight from the system, in pages of 2 MB where it grants them: products and optimizer walk through gigabytes, and
/// with pages of 4 kB address translation is part of their time. Pages that are never touched take no memory.
/// </summary>
internal static unsafe partial class LargePages
{
    /// <summary>Bytes of a page; smaller buffers are better off elsewhere.</summary>
    public const int Size = 2 << 20;

    private const int ReadWrite = 0x3;
    private const int PrivateAnonymous = 0x22;
    private const int AdviseHugePage = 14;

    /// <summary>At least <paramref name="bytes"/>, to be given back by <see cref="Free"/> with the same number.</summary>
    /// <exception cref="InsufficientMemoryException">The system has no room.</exception>
    public static void* Allocate(nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            var memory = NativeMemory.AlignedAlloc(bytes, Size);
            NativeMemory.Clear(memory, bytes);
            return memory;
        }

        // One page more than asked for, so that there is an aligned address within.
        var mapped = Map(null, Mapped(bytes), ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)mapped == -1)
        {
            throw new InsufficientMemoryException($"The system refused {bytes} bytes.");
        }

        var aligned = (byte*)(((nuint)mapped + Size - 1) / Size * Size);
        var front = (nuint)(aligned - (byte*)mapped);
        var used = (bytes + Size - 1) / Size * Size;
        Trim(mapped, front);
        Trim(aligned + used, Mapped(bytes) - front - used);
        _ = Advise(aligned, used, AdviseHugePage);
        return aligned;
    }

    public static void Free(void* memory, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            Trim(memory, (bytes + Size - 1) / Size * Size);
        }
        else
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static nuint Mapped(nuint bytes) => ((bytes + Size - 1) / Size * Size) + Size;

    private static void Trim(void* start, nuint length)
    {
        if (length > 0)
        {
            _ = Unmap(start, length);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
