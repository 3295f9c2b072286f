using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>Values in the form an operand is kept in, read in single precision.</summary>
internal unsafe interface IPanelSource
{
    Vector256<float> Load(long at);

    float One(long at);

    /// <summary>Asks for what will be read; anywhere, also outside the memory.</summary>
    void Prefetch(long at);
}

internal readonly unsafe struct SingleSource(float* data) : IPanelSource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Load(long at) => Vector256.Load(data + at);

    public float One(long at) => data[at];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long at) => Sse.Prefetch0(data + at);
}

/// <summary>bfloat16: the upper half of a single.</summary>
internal readonly unsafe struct HalfSource(ushort* data) : IPanelSource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Load(long at) =>
        Vector256.ShiftLeft(Avx2.ConvertToVector256Int32(data + at), 16).AsSingle();

    public float One(long at) => BFloat.ToSingle(data[at]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(long at) => Sse.Prefetch0(data + at);
}
