using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FineTune.Training.Native;

/// <summary>
/// libtorch's stable C interface (torch/csrc/stable/c/shim.h and torch/csrc/inductor/aoti_torch/c/shim.h, libtorch 2.10), and, for operators whose
/// arguments are numbers of any type, which that cannot pass on, TorchSharp's own library.
/// </summary>
internal static unsafe partial class LibTorch
{
    public const ulong ShimVersion = (2UL << 56) | (10UL << 48);
    private const string Torch = "torch_cpu";
    private const string Sharp = "LibTorchSharp";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(int error, string operation)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"libtorch refused {operation}; its reason is on standard error.");
        }
    }

    /// <exception cref="InvalidOperationException">The call before failed.</exception>
    public static void CheckSharp()
    {
        var error = LastError();
        if (error != 0)
        {
            throw new InvalidOperationException($"libtorch: {Marshal.PtrToStringUTF8(error)}");
        }
    }

    [LibraryImport(Torch, EntryPoint = "torch_call_dispatcher")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Dispatch(byte* name, byte* overload, ulong* words, ulong version);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_create_tensor_from_blob")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int FromBlob(
        void* data, long dimensions, long* sizes, long* strides, long offset, int type, int deviceType, int deviceIndex, out nint tensor);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_empty_strided")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EmptyStrided(long dimensions, long* sizes, long* strides, int type, int deviceType, int deviceIndex, out nint tensor);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_get_data_ptr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int DataPointer(nint tensor, out nint pointer);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_new_tensor_handle")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int NewHandle(nint tensor, out nint handle);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_delete_tensor_object")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Delete(nint tensor);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_scalar_to_tensor_float32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SingleTensor(float value, out nint tensor);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_scalar_to_tensor_int64")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Int64Tensor(long value, out nint tensor);

    [LibraryImport(Torch, EntryPoint = "aoti_torch_addmm_out")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int AddMmOut(nint output, nint self, nint left, nint right, float beta, float alpha);

    [LibraryImport(Torch, EntryPoint = "torch_new_list_reserve_size")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int NewList(nuint capacity, out nint list);

    [LibraryImport(Torch, EntryPoint = "torch_list_push_back")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int PushBack(nint list, ulong word);

    [LibraryImport(Sharp, EntryPoint = "THSTorch_get_and_reset_last_err")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint LastError();

    [LibraryImport(Sharp, EntryPoint = "THSTorch_float32_to_scalar")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint SingleScalar(float value);

    [LibraryImport(Sharp, EntryPoint = "THSTorch_int64_to_scalar")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Int64Scalar(long value);

    [LibraryImport(Sharp, EntryPoint = "THSTorch_dispose_scalar")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void DisposeScalar(nint scalar);

    [LibraryImport(Sharp, EntryPoint = "THSTensor_add_")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Add(nint tensor, nint other, nint alpha);

    [LibraryImport(Sharp, EntryPoint = "THSTensor_addcmul_")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void AddProduct(nint tensor, nint left, nint right, nint alpha);
}
