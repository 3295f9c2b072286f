using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>
/// 8 bits a value, with one scale for every <see cref="IValueStore.Block"/>: value = scale · (code / levels)⁴, after Dettmers et al.,
/// "8-bit optimizers via block-wise quantization", ICLR 2022, with a formula in place of their table. The fourth power reaches eight
/// decades down, and no step between codes is coarser than the value it is next to. Rounding is by chance, its mean exact. Tensors hold a multiple of 8 values.
/// </summary>
internal readonly unsafe struct QuarticStore<TSign>(byte* codes, float* scales, Noise noise) : IValueStore
    where TSign : unmanaged, ISignRule
{
    public float* Load(long at, int count, float* scratch)
    {
        var step = scales[at / IValueStore.Block] / Fourth(TSign.Levels);
        for (var i = 0; i < count; i += VectorMath.Width)
        {
            var code = Vector256.ConvertToSingle(TSign.Widen(codes + at + i));
            var square = code * code;
            (TSign.WithSign(square * square, code) * Vector256.Create(step)).Store(scratch + i);
        }

        return scratch;
    }

    public void Store(long at, int count, float* values)
    {
        var largest = Vector256<float>.Zero;
        for (var i = 0; i < count; i += VectorMath.Width)
        {
            largest = Vector256.MaxNative(largest, Vector256.Abs(Vector256.Load(values + i)));
        }

        var scale = VectorMath.Max(largest);
        scales[at / IValueStore.Block] = scale;
        var unit = scale > 0 ? Vector256.Create(Fourth(TSign.Levels) / scale) : Vector256<float>.Zero;
        var chances = noise.From(at);
        for (var i = 0; i < count; i += VectorMath.Width)
        {
            var value = Vector256.Load(values + i);
            var code = Code(Vector256.Abs(value) * unit, chances.UniformAt(i));
            TSign.Narrow(TSign.WithSign(code, value), codes + at + i);
        }
    }

    /// <summary>The code below <paramref name="x"/> = code⁴, or the one above it where <paramref name="chance"/> falls short of the part between.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Code(Vector256<float> x, Vector256<float> chance)
    {
        var lower = Vector256.MinNative(Vector256.Floor(Vector256.Sqrt(Vector256.Sqrt(x))), Vector256.Create((float)TSign.Levels));
        var upper = lower + Vector256<float>.One;
        var (square, next) = (lower * lower, upper * upper);
        var (below, above) = (square * square, next * next);
        var isUpper = Vector256.LessThan(chance * (above - below), x - below);
        return Vector256.MinNative(lower + Vector256.ConditionalSelect(isUpper, Vector256<float>.One, Vector256<float>.Zero), Vector256.Create((float)TSign.Levels));
    }

    private static float Fourth(int value) => (float)value * value * value * value;
}

/// <summary>Whether codes have a sign.</summary>
internal unsafe interface ISignRule
{
    /// <summary>The largest code.</summary>
    static abstract int Levels { get; }

    static abstract Vector256<int> Widen(byte* codes);

    static abstract void Narrow(Vector256<float> codes, byte* destination);

    /// <summary><paramref name="magnitude"/> with the sign of <paramref name="like"/>.</summary>
    static abstract Vector256<float> WithSign(Vector256<float> magnitude, Vector256<float> like);
}

/// <summary>Codes from -127 to 127.</summary>
internal readonly unsafe struct Signed : ISignRule
{
    public static int Levels => 127;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Widen(byte* codes)
    {
        var words = Vector128.WidenLower(Vector128.CreateScalar(*(long*)codes).AsSByte());
        return Vector256.Create(Vector128.WidenLower(words), Vector128.WidenUpper(words));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow(Vector256<float> codes, byte* destination) => Eight.Narrow(codes, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WithSign(Vector256<float> magnitude, Vector256<float> like) =>
        magnitude | (like & Vector256.Create(-0f));
}

/// <summary>Codes from 0 to 255.</summary>
internal readonly unsafe struct Unsigned : ISignRule
{
    public static int Levels => 255;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Widen(byte* codes)
    {
        var words = Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)codes).AsByte());
        return Vector256.Create(Vector128.WidenLower(words), Vector128.WidenUpper(words)).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow(Vector256<float> codes, byte* destination) => Eight.Narrow(codes, destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WithSign(Vector256<float> magnitude, Vector256<float> like) => magnitude;
}

/// <summary>Eight lanes to eight bytes.</summary>
internal static unsafe class Eight
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow(Vector256<float> codes, byte* destination)
    {
        var integers = Vector256.ConvertToInt32Native(codes);
        var words = Vector128.Narrow(integers.GetLower(), integers.GetUpper());
        *(ulong*)destination = Vector128.Narrow(words, words).AsUInt64().ToScalar();
    }
}
