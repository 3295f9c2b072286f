using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.Linear"/> for one row: each weight is read once, so memory sets the pace.</summary>
internal static unsafe class Gemv
{
    private const int Together = 4;

    /// <summary>Outputs <paramref name="first"/> … <paramref name="end"/> of y = x Wᵀ, or += with <paramref name="add"/>. A sum does not
    /// depend on where ranges are cut at multiples of 4.</summary>
    public static void Multiply(float* x, Matrix weight, float* y, int first, int end, bool add = false)
    {
        var row = first;
        for (; row <= end - Together; row += Together)
        {
            Four(x, weight, y, row, add);
        }

        for (; row < end; row++)
        {
            Put(y + row, VectorMath.Dot(x, weight.Row(row), weight.Columns), add);
        }
    }

    private static void Four(float* x, Matrix weight, float* y, int row, bool add)
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

        Put(y + row, restA, add);
        Put(y + row + 1, restB, add);
        Put(y + row + 2, restC, add);
        Put(y + row + 3, restD, add);
    }

    private static void Put(float* y, float sum, bool add) => *y = add ? *y + sum : sum;
}
