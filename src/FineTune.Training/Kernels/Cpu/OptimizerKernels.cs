using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.SumGradients"/> by blocks of values, each with a squared norm of its own, so that the threads' number
/// does not change the sum.</summary>
internal readonly unsafe struct SumGradientsKernel(float** gradients, int buffers, long count, double* squares) : IRangeKernel
{
    public const int BlockSize = 4096;

    public void Run(int slot, long first, long end)
    {
        for (var block = first; block < end; block++)
        {
            var at = block * BlockSize;
            var length = (int)Math.Min(BlockSize, count - at);
            for (var other = 1; other < buffers; other++)
            {
                VectorMath.Add(gradients[other] + at, gradients[0] + at, length);
            }

            squares[block] = Square(gradients[0] + at, length);
        }
    }

    // In double precision: the squares of small gradients leave the range of single precision.
    public static double Square(float* x, int count)
    {
        Vector256<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var i = 0;
        for (; i <= count - (2 * VectorMath.Width); i += 2 * VectorMath.Width)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Load(x + i));
            sum0 = Vector256.FusedMultiplyAdd(lower, lower, sum0);
            sum1 = Vector256.FusedMultiplyAdd(upper, upper, sum1);
            (lower, upper) = Vector256.Widen(Vector256.Load(x + i + VectorMath.Width));
            sum2 = Vector256.FusedMultiplyAdd(lower, lower, sum2);
            sum3 = Vector256.FusedMultiplyAdd(upper, upper, sum3);
        }

        var total = Vector256.Sum(sum0 + sum1 + (sum2 + sum3));
        for (; i < count; i++)
        {
            total += (double)x[i] * x[i];
        }

        return total;
    }
}
