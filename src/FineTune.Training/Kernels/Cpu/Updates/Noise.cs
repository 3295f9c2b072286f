using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>
/// Random bits by position: a function of the seed and the value's index alone, so that neither threads nor a restart change them. The
/// mixing is Wellons's "lowbias32" (2018).
/// </summary>
/// <param name="origin">Index that position 0 stands for.</param>
internal readonly struct Noise(ulong seed, long origin = 0)
{
    /// <summary>A seed for one tensor of one step; other tensors, steps and purposes have others.</summary>
    public static ulong SeedOf(long step, int tensor, int purpose) => Mix(Mix(Mix((ulong)step) ^ (uint)tensor) ^ (uint)purpose);

    /// <summary>What distinguishes tensors, steps and purposes: mixed in before the index is, and after.</summary>
    public static (uint Before, uint After) Keys(ulong seed, long index) => ((uint)(seed ^ Mix((ulong)index >> 32)), (uint)(seed >> 32));

    /// <summary>The bits from <paramref name="position"/> on, up to the next index that is a multiple of 2³².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NoiseBlock From(long position)
    {
        var index = origin + position;
        var (before, after) = Keys(seed, index);
        return new NoiseBlock((uint)index, before, after);
    }

    /// <summary>32 bits for each of the 8 values from <paramref name="position"/>.</summary>
    public Vector256<uint> At(long position) => From(position).At(0);

    // SplitMix64's finalizer (Steele, Lea and Flood, 2014).
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

/// <summary>What is the same for neighbouring positions of a <see cref="Noise"/>.</summary>
internal readonly struct NoiseBlock(uint first, uint before, uint after)
{
    private readonly Vector256<uint> lanes = Vector256.Create(first) + Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7);
    private readonly Vector256<uint> before = Vector256.Create(before);
    private readonly Vector256<uint> after = Vector256.Create(after);

    /// <summary>32 bits for each of the 8 values from the <paramref name="offset"/>-th on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<uint> At(int offset)
    {
        var x = (lanes + Vector256.Create((uint)offset)) ^ before;
        x = (x ^ Vector256.ShiftRightLogical(x, 16)) * Vector256.Create(0x7feb352du);
        x = (x ^ Vector256.ShiftRightLogical(x, 15)) * Vector256.Create(0x846ca68bu);
        return x ^ Vector256.ShiftRightLogical(x, 16) ^ after;
    }

    /// <summary>Uniform in [0, 1) for each of the 8 values from the <paramref name="offset"/>-th on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> UniformAt(int offset) =>
        Vector256.ConvertToSingle(Vector256.ShiftRightLogical(At(offset), 8).AsInt32()) * Vector256.Create(1f / (1 << 24));
}
