using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// Loops on the threads of libtorch and MKL, so that products and our own kernels share one pool. Within such a loop both run on the
/// calling thread alone.
/// </summary>
internal static unsafe partial class NativeThreads
{
    /// <summary>
    /// Splits <paramref name="count"/> items into at most <paramref name="threads"/> equal ranges. The split depends on the arguments
    /// alone, so results that depend on it are reproducible.
    /// </summary>
    /// <param name="grain">Items that are worth a thread.</param>
    /// <returns>The number of ranges.</returns>
    public static int For<TKernel>(int threads, long count, long grain, TKernel kernel)
        where TKernel : unmanaged, IRangeKernel
    {
        var slots = (int)Math.Clamp(count / grain, 1, threads);
        if (slots == 1)
        {
            kernel.Run(0, 0, count);
            return 1;
        }

        var job = new Job { Invoke = &Invoke<TKernel>, Kernel = &kernel, Count = count, Slots = slots };
        if (ParallelFor(0, slots, 1, &Enter, &job) != 0)
        {
            throw new InvalidOperationException("libtorch could not run a parallel loop.");
        }

        return slots;
    }

    private static void Invoke<TKernel>(Job* job, long slot)
        where TKernel : unmanaged, IRangeKernel =>
        ((TKernel*)job->Kernel)->Run((int)slot, job->Count * slot / job->Slots, job->Count * (slot + 1) / job->Slots);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Enter(long first, long end, void* context)
    {
        var job = (Job*)context;
        for (var slot = first; slot < end; slot++)
        {
            job->Invoke(job, slot);
        }
    }

    [LibraryImport("torch_cpu", EntryPoint = "torch_parallel_for")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ParallelFor(long begin, long end, long grain, delegate* unmanaged[Cdecl]<long, long, void*, void> body, void* context);

    private struct Job
    {
        public delegate*<Job*, long, void> Invoke;
        public void* Kernel;
        public long Count;
        public int Slots;
    }
}
