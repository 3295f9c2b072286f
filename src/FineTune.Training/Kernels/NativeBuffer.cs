using System.Runtime.InteropServices;

namespace FineTune.Training.Kernels;

/// <summary>Memory outside the garbage collector, aligned to cache lines; grows, never shrinks. Large ones are <see cref="LargePages"/>.</summary>
/// <param name="memory">Of the device it is on; null is the host.</param>
internal sealed unsafe class NativeBuffer<T>(IDeviceMemory? memory = null) : IDisposable
    where T : unmanaged
{
    private const int Alignment = 64;

    private T* data;
    private long capacity;

    /// <summary>Allocates <paramref name="count"/> elements of zero.</summary>
    public NativeBuffer(long count, IDeviceMemory? memory = null)
        : this(memory)
    {
        Reserve(count);
        if (memory is null && !IsLarge)
        {
            NativeMemory.Clear(data, Bytes);
        }
    }

    ~NativeBuffer() => Free();

    public T* Data => data;

    /// <summary>Memory reserved; large pages that were never touched take none.</summary>
    public long ByteCount => (long)Bytes;

    private nuint Bytes => checked((nuint)capacity * (nuint)sizeof(T));

    private bool IsLarge => Bytes >= LargePages.Size;

    /// <summary>Room for at least <paramref name="count"/> elements; what was there is lost if it has to grow.</summary>
    public T* Reserve(long count)
    {
        if (count > capacity)
        {
            Free();
            capacity = count;
            data = (T*)(memory is not null ? memory.Allocate(Bytes) : IsLarge ? LargePages.Allocate(Bytes) : NativeMemory.AlignedAlloc(Bytes, Alignment));
        }

        return data;
    }

    /// <summary>Copies <paramref name="values"/> from the host to those from <paramref name="first"/> on.</summary>
    public void Write(ReadOnlySpan<T> values, long first = 0)
    {
        if (memory is not null)
        {
            memory.Write(MemoryMarshal.AsBytes(values), data + first);
        }
        else
        {
            values.CopyTo(new Span<T>(data + first, values.Length));
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (data is not null && memory is not null)
        {
            memory.Free(data);
        }
        else if (data is not null && IsLarge)
        {
            LargePages.Free(data, Bytes);
        }
        else
        {
            NativeMemory.AlignedFree(data);
        }

        data = null;
        capacity = 0;
    }
}
