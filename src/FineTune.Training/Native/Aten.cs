using FineTune.Training.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Native;

/// <summary>
/// ATen operators that TorchSharp does not bind, called through libtorch's stable C interface (torch/csrc/stable/c/shim.h, libtorch 2.10).
/// Gradients are recorded as for any other operator.
/// </summary>
internal static unsafe class Aten
{
    static Aten() => TorchRuntime.Start();

    /// <summary>x / sqrt(mean(x²) + ε) · weight over the last dimension; <paramref name="x"/> [..., D], <paramref name="weight"/> [D].</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon) => Call(
        new Operator("aten::rms_norm"u8, ""u8), Handle(x), List(weight.shape), Word.Optional(Handle(weight)), Word.Optional(Word.Of(epsilon)));

    /// <summary>Rows of <paramref name="table"/> [V, D] by <paramref name="indices"/> [...]; unlike index_select, its gradient is one pass.</summary>
    public static Tensor Embedding(Tensor table, Tensor indices)
    {
        const ulong noPadding = unchecked((ulong)-1L);
        return Call(new Operator("aten::embedding"u8, ""u8), Handle(table), Handle(indices), noPadding, Word.False, Word.False);
    }

    /// <summary>
    /// softmax(q kᵀ / √d) v; q [B, H, T, d], k and v [B, G, S, d] where G divides H (each key head serves H / G query heads).
    /// </summary>
    /// <param name="causal">Query i sees keys 0 … i; needs T = S.</param>
    public static Tensor Attention(Tensor query, Tensor key, Tensor value, bool causal)
    {
        var grouped = query.size(1) == key.size(1) ? Word.False : Word.True;
        return Call(
            new Operator("aten::scaled_dot_product_attention"u8, ""u8),
            Handle(query), Handle(key), Handle(value), Word.None, Word.Of(0.0), causal ? Word.True : Word.False, Word.None, grouped);
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
        new Operator("aten::_fused_adamw_"u8, ""u8, results: 0).Run(
            List(parameters), List(gradients), List(firstMoments), List(secondMoments), List(Array.Empty<Tensor>()),
            List(Enumerable.Repeat(step, parameters.Count).ToArray()),
            Word.Of(learningRate), Word.Of(beta1), Word.Of(beta2), Word.Of(weightDecay), Word.Of(epsilon), Word.False, Word.False, Word.None, Word.None);
    }

    /// <summary>Address of the first element; the tensor must be contiguous and stay alive.</summary>
    public static float* Data(Tensor tensor)
    {
        LibTorch.Check(LibTorch.DataPointer(tensor.Handle, out var pointer), "data pointer");
        return (float*)pointer;
    }

    private static Tensor Call(Operator called, params ReadOnlySpan<ulong> arguments)
    {
        Span<TensorHandle> result = stackalloc TensorHandle[1];
        called.Make(result, arguments);
        return Tensor.UnsafeCreateTensor(result[0].Value);
    }

    /// <summary>Belongs to the operator it is given to.</summary>
    private static ulong Handle(Tensor tensor)
    {
        LibTorch.Check(LibTorch.NewHandle(tensor.Handle, out var handle), "tensor handle");
        return (ulong)handle;
    }

    private static ulong List(IReadOnlyList<Tensor> tensors) => Word.List([.. tensors.Select(Handle)]);

    private static ulong List(long[] values) => Word.List([.. values.Select(value => (ulong)value)]);
}
