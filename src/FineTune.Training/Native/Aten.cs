using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FineTune.Training.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Native;

/// <summary>
/// ATen operators that TorchSharp does not bind, called through libtorch's stable C interface (torch/csrc/stable/c/shim.h, libtorch 2.10).
/// Values travel as 64-bit words: tensors as owned handles which the callee consumes, optionals as null or a pointer to a word,
/// lists as list handles. Gradients are recorded as for any other operator.
/// </summary>
internal static unsafe partial class Aten
{
    private const string Library = "torch_cpu";
    private const ulong ShimVersion = (2UL << 56) | (10UL << 48);
    private const ulong None = 0;

    static Aten() => TorchRuntime.Start();

    /// <summary>x / sqrt(mean(x²) + ε) · weight over the last dimension; <paramref name="x"/> [..., D], <paramref name="weight"/> [D].</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon)
    {
        var words = stackalloc ulong[] { Word(x), List(weight.shape), Optional(Word(weight)), Optional(Word(epsilon)) };
        return Call("aten::rms_norm", words);
    }

    /// <summary>Rows of <paramref name="table"/> [V, D] by <paramref name="indices"/> [...]; unlike index_select, its gradient is one pass.</summary>
    public static Tensor Embedding(Tensor table, Tensor indices)
    {
        const ulong noPadding = unchecked((ulong)-1L);
        var words = stackalloc ulong[] { Word(table), Word(indices), noPadding, 0, 0 };
        return Call("aten::embedding", words);
    }

    /// <summary>
    /// softmax(q kᵀ / √d) v; q [B, H, T, d], k and v [B, G, S, d] where G divides H (each key head serves H / G query heads).
    /// </summary>
    /// <param name="causal">Query i sees keys 0 … i; needs T = S.</param>
    public static Tensor Attention(Tensor query, Tensor key, Tensor value, bool causal)
    {
        var grouped = query.size(1) == key.size(1) ? 0UL : 1UL;
        var words = stackalloc ulong[] { Word(query), Word(key), Word(value), None, Word(0.0), causal ? 1UL : 0UL, None, grouped };
        return Call("aten::scaled_dot_product_attention", words);
    }

    /// <summary>
    /// One AdamW update in place of every parameter, one pass over memory (Loshchilov and Hutter, "Decoupled weight decay
    /// regularization", ICLR 2019).
    /// </summary>
    /// <param name="step">Scalar fp32 tensor: number of this update, from 1.</param>
    public static void FusedAdamW(
        IReadOnlyList<Tensor> parameters,
        IReadOnlyList<Tensor> gradients,
        IReadOnlyList<Tensor> firstMoments,
        IReadOnlyList<Tensor> secondMoments,
        Tensor step,
        double learningRate,
        double beta1,
        double beta2,
        double weightDecay,
        double epsilon)
    {
        var words = stackalloc ulong[]
        {
            List(parameters), List(gradients), List(firstMoments), List(secondMoments), List(Array.Empty<Tensor>()),
            List(Enumerable.Repeat(step, parameters.Count).ToArray()),
            Word(learningRate), Word(beta1), Word(beta2), Word(weightDecay), Word(epsilon), 0, 0, None, None,
        };
        Check(Dispatch("aten::_fused_adamw_", "", words, ShimVersion), "aten::_fused_adamw_");
    }

    /// <summary>Address of the first element; the tensor must be contiguous and stay alive.</summary>
    public static float* Data(Tensor tensor)
    {
        Check(GetDataPointer(tensor.Handle, out var pointer), "data pointer");
        return (float*)pointer;
    }

    private static Tensor Call(string name, ulong* words)
    {
        Check(Dispatch(name, "", words, ShimVersion), name);
        return Tensor.UnsafeCreateTensor((nint)words[0]);
    }

    private static ulong Word(double value) => BitConverter.DoubleToUInt64Bits(value);

    private static ulong Word(Tensor tensor)
    {
        Check(NewHandle(tensor.Handle, out var handle), "tensor handle");
        return (ulong)handle;
    }

    // The callee frees the word with C++ delete, which is free for a scalar in libtorch's C library.
    private static ulong Optional(ulong word)
    {
        var heap = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *heap = word;
        return (ulong)heap;
    }

    private static ulong List(IReadOnlyList<Tensor> tensors)
    {
        var list = NewList(tensors.Count);
        for (var i = 0; i < tensors.Count; i++)
        {
            Check(PushBack(list, Word(tensors[i])), "list");
        }

        return (ulong)list;
    }

    private static ulong List(long[] values)
    {
        var list = NewList(values.Length);
        foreach (var value in values)
        {
            Check(PushBack(list, (ulong)value), "list");
        }

        return (ulong)list;
    }

    private static nint NewList(int capacity)
    {
        Check(NewList((nuint)capacity, out var list), "list");
        return list;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Check(int error, string operation)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"libtorch refused {operation}; its reason is on standard error.");
        }
    }

    [LibraryImport(Library, EntryPoint = "torch_call_dispatcher", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Dispatch(string name, string overload, ulong* words, ulong version);

    [LibraryImport(Library, EntryPoint = "torch_new_list_reserve_size")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NewList(nuint capacity, out nint list);

    [LibraryImport(Library, EntryPoint = "torch_list_push_back")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int PushBack(nint list, ulong word);

    [LibraryImport(Library, EntryPoint = "aoti_torch_new_tensor_handle")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NewHandle(nint tensor, out nint handle);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetDataPointer(nint tensor, out nint pointer);
}
