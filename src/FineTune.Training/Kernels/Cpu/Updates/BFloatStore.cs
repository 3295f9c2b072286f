using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>
/// bfloat16, rounded up or down by chance so that the mean is exact: updates smaller than half a unit in the last place are not lost
/// (Gupta et al., "Deep learning with limited numerical precision", ICML 2015).
/// </summary>
internal readonly unsafe struct BFloatStore(ushort* data, Noise noise) : IValueStore
{
    public float* Load(long at, int count, float* scratch)
    {
        Expand(data + at, scratch, count);
        return scratch;
    }

    public void Store(long at, int count, float* values)
    {
        var bits = noise.From(at);
        var i = 0;
        for (; i <= count - (2 * VectorMath.Width); i += 2 * VectorMath.Width)
        {
            var lower = Rounded(Vector256.Load(values + i), bits.At(i));
            var upper = Rounded(Vector256.Load(values + i + VectorMath.Width), bits.At(i + VectorMath.Width));
            Vector256.Narrow(lower, upper).Store(data + at + i);
        }

        if (i < count)
        {
            StoreRest(at, i, count, values);
        }
    }

    /// <summary>Widens, exactly.</summary>
    public static void Expand(ushort* source, float* destination, int count)
    {
        var i = 0;
        for (; i <= count - (2 * VectorMath.Width); i += 2 * VectorMath.Width)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Load(source + i));
            Vector256.ShiftLeft(lower, 16).AsSingle().Store(destination + i);
            Vector256.ShiftLeft(upper, 16).AsSingle().Store(destination + i + VectorMath.Width);
        }

        for (; i < count; i++)
        {
            destination[i] = BFloat.ToSingle(source[i]);
        }
    }

    // The sum carries into the upper half as often as the lower half says; infinities have no lower half, and NaN does not come here.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rounded(Vector256<float> value, Vector256<uint> bits) =>
        Vector256.ShiftRightLogical(value.AsUInt32() + (bits & Vector256.Create(0xFFFFu)), 16);

    private void StoreRest(long at, int first, int count, float* values)
    {
        for (var i = first; i < count; i++)
        {
            var bits = noise.At(at + i - (i % VectorMath.Width))[i % VectorMath.Width] & 0xFFFF;
            data[at + i] = (ushort)((BitConverter.SingleToUInt32Bits(values[i]) + bits) >> 16);
        }
    }
}
