using System.Globalization;

namespace FineTune.Training.Kernels.Torch;

/// <summary>A device of libtorch: <c>cpu</c> or one of several GPUs.</summary>
/// <param name="Index">From 0. Processors with an index above 0 are the same processor with memory of its own account: logical devices.</param>
public readonly record struct TorchDevice(TorchDeviceType Type, int Index)
{
    public static TorchDevice Cpu => default;

    public bool IsCuda => Type == TorchDeviceType.Cuda;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsCuda ? "cuda" : "cpu")}:{Index}");
}

/// <summary>As libtorch numbers them (c10/core/DeviceType.h).</summary>
public enum TorchDeviceType
{
    Cpu = 0,
    Cuda = 1,
}
