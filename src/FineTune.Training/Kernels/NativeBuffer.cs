using System.Runtime.InteropServices;

namespace FineTune.Training.Kernels;

/// <summary>Memory outside the garbage collector, aligned to cache lines; grows, never shrinks. Large ones are <see cref="LargePages"/>.</summary>
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
        if (!IsLarge)
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
            data = (T*)(IsLarge ? LargePages.Allocate(Bytes) : NativeMemory.AlignedAlloc(Bytes, Alignment));
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
        if (data is not null && IsLarge)
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
