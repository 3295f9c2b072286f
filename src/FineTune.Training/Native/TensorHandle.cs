namespace FineTune.Training.Native;

/// <summary>
/// An owned tensor of libtorch without a managed object: hundreds are made in a step, and none of them is garbage. Given to an operator as a
/// word it belongs to the operator, else it is disposed of.
/// </summary>
internal readonly unsafe struct TensorHandle(nint value) : IDisposable
{
    public nint Value => value;

    /// <summary>A view of memory that somebody else owns.</summary>
    public static TensorHandle View(
        void* data, ElementType type, Kernels.Torch.TorchDevice device, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides)
    {
        fixed (long* size = sizes, stride = strides)
        {
            LibTorch.Check(
                LibTorch.FromBlob(data, sizes.Length, size, stride, 0, (int)type, (int)device.Type, device.IsCuda ? device.Index : 0, out var tensor),
                "a view");
            return new TensorHandle(tensor);
        }
    }

    /// <summary>A number, as operators on any device take it.</summary>
    public static TensorHandle Of(float value)
    {
        LibTorch.Check(LibTorch.SingleTensor(value, out var tensor), "a number");
        return new TensorHandle(tensor);
    }

    /// <summary>A number, as operators on any device take it.</summary>
    public static TensorHandle Of(long value)
    {
        LibTorch.Check(LibTorch.Int64Tensor(value, out var tensor), "a number");
        return new TensorHandle(tensor);
    }

    public static implicit operator ulong(TensorHandle tensor) => (ulong)tensor.Value;

    public void Dispose() => _ = LibTorch.Delete(value);
}
