using System.Diagnostics;
using System.Runtime.Intrinsics;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Benchmarks;

/// <summary>What memory gives all threads of the engine together when they only read: the bound of decoding.</summary>
internal sealed unsafe class StreamingRead(int threads, long bytes) : IDisposable
{
    private const int Block = 1 << 16;

    private readonly NativeBuffer<float> memory = new(bytes / sizeof(float));
    private readonly NativeBuffer<float> sums = new(threads * VectorMath.Width);
    private readonly NativeBuffer<int> taken = new(1);

    /// <summary>Bytes per second of one pass.</summary>
    public double Pass()
    {
        var began = Stopwatch.GetTimestamp();
        *taken.Data = 0;
        NativeThreads.For(threads, threads, 1, new Kernel(memory.Data, bytes / sizeof(float) / Block, sums.Data, taken.Data));
        return bytes / sizeof(float) / Block * Block * sizeof(float) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public void Dispose()
    {
        memory.Dispose();
        sums.Dispose();
        taken.Dispose();
    }

    private readonly struct Kernel(float* data, long blocks, float* sums, int* taken) : IRangeKernel
    {
        public void Run(int slot, long first, long end)
        {
            var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (int block; (block = Interlocked.Increment(ref *taken) - 1) < blocks;)
            {
                var x = data + ((long)block * Block);
                for (var stop = x + Block; x < stop; x += 4 * VectorMath.Width)
                {
                    a += Vector256.Load(x);
                    b += Vector256.Load(x + VectorMath.Width);
                    c += Vector256.Load(x + (2 * VectorMath.Width));
                    d += Vector256.Load(x + (3 * VectorMath.Width));
                }
            }

            (a + b + c + d).Store(sums + (slot * VectorMath.Width));
        }
    }
}
