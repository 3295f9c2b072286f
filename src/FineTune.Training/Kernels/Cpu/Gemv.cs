using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.Linear"/> for one row: each weight is read once, so memory sets the pace.</summary>
internal static unsafe class Gemv
{
    private const int Together = 4;

    /// <summary>How weights of a type are widened.</summary>
    private interface IElement<T>
        where T : unmanaged
    {
        static abstract Vector256<float> Load(T* values);

        static abstract float Value(T value);
    }

    /// <summary>Outputs <paramref name="first"/> … <paramref name="end"/> of y = x Wᵀ, or += with <paramref name="add"/>. A sum does not
    /// depend on where ranges are cut at multiples of 4.</summary>
    public static void Multiply(float* x, Weight weight, float* y, int first, int end, bool add = false)
    {
        if (weight.IsHalf)
        {
            Multiply<ushort, HalfElement>(x, weight.Halves(0), weight.Columns, y, first, end, add);
        }
        else
        {
            Multiply<float, SingleElement>(x, weight.Single.Data, weight.Columns, y, first, end, add);
        }
    }

    private static void Multiply<T, TElement>(float* x, T* weights, int columns, float* y, int first, int end, bool add)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        var row = first;
        for (; row <= end - Together; row += Together)
        {
            Four<T, TElement>(x, weights + ((long)row * columns), columns, y + row, add);
        }

        for (; row < end; row++)
        {
            Put(y + row, One<T, TElement>(x, weights + ((long)row * columns), columns), add);
        }
    }

    private static void Four<T, TElement>(float* x, T* a, int columns, float* y, bool add)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        T* b = a + columns, c = b + columns, d = c + columns;
        var (sumA, sumB, sumC, sumD) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var i = 0;
        for (; i <= columns - VectorMath.Width; i += VectorMath.Width)
        {
            var input = Vector256.Load(x + i);
            sumA = Vector256.FusedMultiplyAdd(input, TElement.Load(a + i), sumA);
            sumB = Vector256.FusedMultiplyAdd(input, TElement.Load(b + i), sumB);
            sumC = Vector256.FusedMultiplyAdd(input, TElement.Load(c + i), sumC);
            sumD = Vector256.FusedMultiplyAdd(input, TElement.Load(d + i), sumD);
        }

        var (restA, restB, restC, restD) = (Vector256.Sum(sumA), Vector256.Sum(sumB), Vector256.Sum(sumC), Vector256.Sum(sumD));
        for (; i < columns; i++)
        {
            restA += x[i] * TElement.Value(a[i]);
            restB += x[i] * TElement.Value(b[i]);
            restC += x[i] * TElement.Value(c[i]);
            restD += x[i] * TElement.Value(d[i]);
        }

        Put(y, restA, add);
        Put(y + 1, restB, add);
        Put(y + 2, restC, add);
        Put(y + 3, restD, add);
    }

    private static float One<T, TElement>(float* x, T* weights, int columns)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i <= columns - VectorMath.Width; i += VectorMath.Width)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), TElement.Load(weights + i), sum);
        }

        var total = Vector256.Sum(sum);
        for (; i < columns; i++)
        {
            total += x[i] * TElement.Value(weights[i]);
        }

        return total;
    }

    private static void Put(float* y, float sum, bool add) => *y = add ? *y + sum : sum;

    private readonly struct SingleElement : IElement<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(float* values) => Vector256.Load(values);

        public static float Value(float value) => value;
    }

    private readonly struct HalfElement : IElement<ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(ushort* values) =>
            Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load(values).ToVector256Unsafe()), 16).AsSingle();

        public static float Value(ushort value) => BFloat.ToSingle(value);
    }
}
