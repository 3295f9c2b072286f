using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// <see cref="IKernels.Linear"/> for one row: each weight is read once, so memory sets the pace. Threads take blocks of outputs as they
/// get to them, because a static split waits for the thread that another process disturbs; a sum does not depend on who takes it.
/// </summary>
/// <param name="taken">Outputs taken so far; 0 at the start.</param>
internal readonly unsafe struct GemvKernel(float* x, Matrix weight, float* y, bool add, int* taken) : IRangeKernel
{
    /// <summary>Floats of a block of outputs.</summary>
    private const int BlockValues = 1 << 14;

    private const int Together = 4;

    public void Run(int slot, long first, long end)
    {
        var block = Math.Max(1, BlockValues / weight.Columns / Together) * Together;
        for (int at; (at = Interlocked.Add(ref *taken, block) - block) < weight.Rows;)
        {
            Block(at, Math.Min(at + block, weight.Rows));
        }
    }

    private void Block(int row, int stop)
    {
        for (; row <= stop - Together; row += Together)
        {
            Four(row);
        }

        for (; row < stop; row++)
        {
            Put(row, VectorMath.Dot(x, weight.Row(row), weight.Columns));
        }
    }

    private void Four(int row)
    {
        float* a = weight.Row(row), b = a + weight.Stride, c = b + weight.Stride, d = c + weight.Stride;
        var (sumA, sumB, sumC, sumD) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var count = weight.Columns;
        var i = 0;
        for (; i <= count - VectorMath.Width; i += VectorMath.Width)
        {
            var input = Vector256.Load(x + i);
            sumA = Vector256.FusedMultiplyAdd(input, Vector256.Load(a + i), sumA);
            sumB = Vector256.FusedMultiplyAdd(input, Vector256.Load(b + i), sumB);
            sumC = Vector256.FusedMultiplyAdd(input, Vector256.Load(c + i), sumC);
            sumD = Vector256.FusedMultiplyAdd(input, Vector256.Load(d + i), sumD);
        }

        var (restA, restB, restC, restD) = (Vector256.Sum(sumA), Vector256.Sum(sumB), Vector256.Sum(sumC), Vector256.Sum(sumD));
        for (; i < count; i++)
        {
            restA += x[i] * a[i];
            restB += x[i] * b[i];
            restC += x[i] * c[i];
            restD += x[i] * d[i];
        }

        Put(row, restA);
        Put(row + 1, restB);
        Put(row + 2, restC);
        Put(row + 3, restD);
    }

    private void Put(int row, float sum) => y[row] = add ? y[row] + sum : sum;
}
