using System.Runtime.InteropServices;

namespace FineTune.Training.Kernels;

/// <summary>Memory outside the garbage collector, aligned to cache lines; grows, never shrinks.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int Alignment = 64;

    private T* data;
    private long capacity;

    public NativeBuffer()
    {
    }

    /// <summary>Allocates <paramref name="count"/> elements of zero.</summary>
    public NativeBuffer(long count)
    {
        Reserve(count);
        NativeMemory.Clear(data, checked((nuint)count * (nuint)sizeof(T)));
    }

    ~NativeBuffer() => Free();

    public T* Data => data;

    /// <summary>Room for at least <paramref name="count"/> elements; what was there is lost if it has to grow.</summary>
    public T* Reserve(long count)
    {
        if (count > capacity)
        {
            Free();
            data = (T*)NativeMemory.AlignedAlloc(checked((nuint)count * (nuint)sizeof(T)), Alignment);
            capacity = count;
        }

        return data;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(data);
        data = null;
        capacity = 0;
    }
}
