using System.Runtime.InteropServices;
using TorchSharp;

namespace FineTune.Training.Numerics;

/// <summary>What this process can do with GPUs.</summary>
/// <param name="IsBuiltIn">libtorch is the one with CUDA.</param>
/// <param name="Devices">GPUs it sees.</param>
internal readonly partial record struct CudaSupport(bool IsBuiltIn, int Devices)
{
    private const string Driver = "libcuda.so.1";

    /// <summary>Loads libtorch's CUDA library where there is one.</summary>
    public static CudaSupport Detect()
    {
        TorchRuntime.Start();
        return NativeLibrary.TryLoad("torch_cuda", typeof(CudaSupport).Assembly, DllImportSearchPath.SafeDirectories, out _)
            ? new CudaSupport(true, torch.cuda.is_available() ? torch.cuda.device_count() : 0)
            : default;
    }

    /// <summary>All memory of GPU <paramref name="device"/>, in bytes.</summary>
    public static long MemoryBytes(int device)
    {
        Check(Initialize(0));
        Check(GetDevice(out var handle, device));
        Check(TotalMemory(out var bytes, handle));
        return checked((long)bytes);

        void Check(int error)
        {
            if (error != 0)
            {
                throw new InvalidOperationException($"The CUDA driver does not tell the memory of GPU {device}: error {error}.");
            }
        }
    }

    [LibraryImport(Driver, EntryPoint = "cuInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Initialize(uint flags);

    [LibraryImport(Driver, EntryPoint = "cuDeviceGet")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(Driver, EntryPoint = "cuDeviceTotalMem_v2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TotalMemory(out nuint bytes, int device);
}
