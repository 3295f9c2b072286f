using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Memory of a device from libtorch's own allocator, so that what its operators allocate and what is allocated here share one pool.</summary>
internal sealed unsafe class TorchMemory(TorchDevice device) : IDeviceMemory
{
    private readonly Lock gate = new();
    private readonly Dictionary<nint, (TensorHandle Tensor, long Bytes)> blocks = [];

    public TorchDevice Device => device;

    /// <summary>Allocated now.</summary>
    public long Bytes { get; private set; }

    /// <summary>Allocated at once, at most.</summary>
    public long PeakBytes { get; private set; }

    public void* Allocate(nuint bytes)
    {
        long size = checked((long)bytes), stride = 1;
        LibTorch.Check(
            LibTorch.EmptyStrided(1, &size, &stride, (int)ElementType.UInt8, (int)device.Type, device.IsCuda ? device.Index : 0, out var block),
            $"{size} bytes on {device}");
        LibTorch.Check(LibTorch.DataPointer(block, out var address), "a block's address");
        Operators.Zero.Run(View((void*)address, size));
        lock (gate)
        {
            blocks.Add(address, (new TensorHandle(block), size));
            Bytes += size;
            PeakBytes = Math.Max(PeakBytes, Bytes);
        }

        return (void*)address;
    }

    public void Free(void* memory)
    {
        lock (gate)
        {
            if (blocks.Remove((nint)memory, out var block))
            {
                block.Tensor.Dispose();
                Bytes -= block.Bytes;
            }
        }
    }

    public void Write(ReadOnlySpan<byte> source, void* destination)
    {
        if (!source.IsEmpty)
        {
            fixed (byte* from = source)
            {
                Operators.Copy.Run(View(destination, source.Length), Host(from, source.Length), Word.False);
            }
        }
    }

    public void Read(void* source, Span<byte> destination)
    {
        if (!destination.IsEmpty)
        {
            fixed (byte* to = destination)
            {
                Operators.Copy.Run(Host(to, destination.Length), View(source, destination.Length), Word.False);
            }
        }
    }

    private static TensorHandle Host(void* data, long bytes) => TensorHandle.View(data, ElementType.UInt8, TorchDevice.Cpu, [bytes], [1]);

    private TensorHandle View(void* data, long bytes) => TensorHandle.View(data, ElementType.UInt8, device, [bytes], [1]);
}
