namespace FineTune.Training.Kernels;

/// <summary>Memory of a device. Its addresses mean something to the kernels of that device alone.</summary>
internal unsafe interface IDeviceMemory
{
    /// <summary>Zeroed, aligned to cache lines.</summary>
    void* Allocate(nuint bytes);

    void Free(void* memory);

    /// <summary>Copies from the host's memory; done when it returns.</summary>
    void Write(ReadOnlySpan<byte> source, void* destination);

    /// <summary>Copies to the host's memory, after all work on the device so far.</summary>
    void Read(void* source, Span<byte> destination);
}
