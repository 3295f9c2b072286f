using FineTune.Core.Runs;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Which of several ways kernels take where devices differ in what is fast, or possible.</summary>
/// <param name="NarrowProducts">Products with bfloat16 weights are of bfloat16 altogether; see <see cref="TorchProducts"/>.</param>
/// <param name="SortedScatter">See <see cref="TorchRows"/>.</param>
internal readonly record struct TorchMethods(TorchAttentionMethod Attention, bool NarrowProducts, bool SortedScatter)
{
    /// <summary>Single precision is kept wherever a run asks for it; GPUs have their flash attention and their tensor cores in bfloat16 only.</summary>
    public static TorchMethods For(TorchDevice device, TrainingPrecision precision)
    {
        var narrow = device.IsCuda && precision != TrainingPrecision.Fp32;
        return new TorchMethods(
            narrow ? TorchAttentionMethod.VariableFlash : device.IsCuda ? TorchAttentionMethod.Plain : TorchAttentionMethod.CpuFlash,
            NarrowProducts: narrow,
            SortedScatter: device.IsCuda);
    }
}

internal enum TorchAttentionMethod
{
    /// <summary><see cref="PlainAttention"/>: any device.</summary>
    Plain,

    /// <summary><see cref="CpuFlashAttention"/>.</summary>
    CpuFlash,

    /// <summary><see cref="VariableFlashAttention"/>: GPUs.</summary>
    VariableFlash,
}
