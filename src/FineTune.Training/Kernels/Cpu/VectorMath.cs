using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// Loops over contiguous values, 256 bits at a time on every machine: sums then add in the same order everywhere, and what is left
/// beside the matrix products waits for memory, not for arithmetic.
/// </summary>
internal static unsafe class VectorMath
{
    /// <summary>Lanes of a vector.</summary>
    public const int Width = 8;

    private const float SmallestExponent = -87.3f;
    private const float LargestExponent = 88f;

    public static float Dot(float* left, float* right, int count)
    {
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(left + i), Vector256.Load(right + i), sum);
        }

        var total = Vector256.Sum(sum);
        for (; i < count; i++)
        {
            total += left[i] * right[i];
        }

        return total;
    }

    public static float Max(float* x, int count)
    {
        var highest = Vector256.Create(float.NegativeInfinity);
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            highest = Vector256.MaxNative(highest, Vector256.Load(x + i));
        }

        var result = Max(highest);
        for (; i < count; i++)
        {
            result = MathF.Max(result, x[i]);
        }

        return result;
    }

    /// <summary>The highest lane.</summary>
    public static float Max(Vector256<float> x)
    {
        var half = Vector128.MaxNative(x.GetLower(), x.GetUpper());
        return MathF.Max(MathF.Max(half[0], half[1]), MathF.Max(half[2], half[3]));
    }

    /// <summary>x = exp(x - <paramref name="shift"/>); returns the sum.</summary>
    public static float ExpSum(float* x, int count, float shift) => ExpSum(x, count, 1, shift);

    /// <summary>x = exp((x - <paramref name="shift"/>) · <paramref name="factor"/>); returns the sum.</summary>
    public static float ExpSum(float* x, int count, float factor, float shift)
    {
        var (shifts, factors) = (Vector256.Create(shift), Vector256.Create(factor));
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            var value = Exp((Vector256.Load(x + i) - shifts) * factors);
            value.Store(x + i);
            sum += value;
        }

        var total = Vector256.Sum(sum);
        for (; i < count; i++)
        {
            x[i] = MathF.Exp((x[i] - shift) * factor);
            total += x[i];
        }

        return total;
    }

    public static void Scale(float* x, int count, float factor)
    {
        var factors = Vector256.Create(factor);
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Vector256.Load(x + i) * factors).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] *= factor;
        }
    }

    public static void Add(float* x, float* destination, int count)
    {
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Vector256.Load(destination + i) + Vector256.Load(x + i)).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] += x[i];
        }
    }

    /// <summary>destination += x · <paramref name="factor"/>.</summary>
    public static void AddScaled(float* x, float factor, float* destination, int count)
    {
        var factors = Vector256.Create(factor);
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256.FusedMultiplyAdd(Vector256.Load(x + i), factors, Vector256.Load(destination + i)).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] += x[i] * factor;
        }
    }

    /// <summary>
    /// e to the power of each lane, within 2 units in the last place; 0 below e^-87.3, e^88 above 88. The power of two is split off
    /// (with log 2 in two parts) and the rest, at most 0.35, is summed up as its Taylor series. NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // MaxNative and MinNative return their second argument when one is NaN.
        var clamped = Vector256.MinNative(Vector256.Create(LargestExponent), Vector256.MaxNative(Vector256.Create(SmallestExponent), x));
        var power = Vector256.Round(clamped * Vector256.Create(1.44269504f));
        var rest = Vector256.FusedMultiplyAdd(power, Vector256.Create(-0.693359375f), clamped);
        rest = Vector256.FusedMultiplyAdd(power, Vector256.Create(2.12194440e-4f), rest);
        var sum = Vector256.Create(1f / 5040);
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 720));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 120));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 24));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 6));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(0.5f));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256<float>.One);
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256<float>.One);
        var scale = Vector256.ShiftLeft(Vector256.ConvertToInt32Native(power) + Vector256.Create(127), 23).AsSingle();
        return Vector256.AndNot(sum * scale, Vector256.LessThan(x, Vector256.Create(SmallestExponent)));
    }
}
