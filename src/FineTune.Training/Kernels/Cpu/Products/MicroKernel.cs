using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>
/// The innermost product: a tile of 6 × 16 values in 12 of the 16 registers, from panels that hold what each step needs side by side
/// (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 2008; the shape is BLIS's for this instruction set).
/// </summary>
internal static unsafe class MicroKernel
{
    /// <summary>Rows of a tile: values of the left panel are broadcast.</summary>
    public const int Rows = 6;

    /// <summary>Columns of a tile: two vectors of the right panel.</summary>
    public const int Columns = 16;

    /// <summary>Depths of a turn of the loop.</summary>
    public const int Unrolled = 4;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <summary>C [6, 16] = A B, or += with <paramref name="add"/>.</summary>
    /// <param name="a">Panel [<paramref name="depth"/>, 6].</param>
    /// <param name="b">Panel [<paramref name="depth"/>, 16].</param>
    public static void Multiply(float* a, float* b, int depth, float* c, nint stride, bool add) => Multiply(a, b, depth, c, stride, add, a, 0);

    /// <param name="next">Values to ask for meanwhile, <paramref name="ahead"/> of them every <see cref="Unrolled"/> depths; anywhere.</param>
    /// <inheritdoc cref="Multiply(float*, float*, int, float*, nint, bool)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, int depth, float* c, nint stride, bool add, float* next, nint ahead)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        Sse.Prefetch0(c);
        Sse.Prefetch0(c + stride);
        Sse.Prefetch0(c + (2 * stride));
        Sse.Prefetch0(c + (3 * stride));
        Sse.Prefetch0(c + (4 * stride));
        Sse.Prefetch0(c + (5 * stride));
        for (; depth >= Unrolled; depth -= Unrolled)
        {
            Sse.Prefetch0(next);
            Step(a, b, 0, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            Step(a, b, 1, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            Step(a, b, 2, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            Step(a, b, 3, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            a += Unrolled * Rows;
            b += Unrolled * Columns;
            next += ahead;
        }

        for (; depth > 0; depth--)
        {
            Step(a, b, 0, ref c00, ref c01, ref c10, ref c11, ref c20, ref c21, ref c30, ref c31, ref c40, ref c41, ref c50, ref c51);
            a += Rows;
            b += Columns;
        }

        if (add)
        {
            c00 += Vector256.Load(c);
            c01 += Vector256.Load(c + 8);
            c10 += Vector256.Load(c + stride);
            c11 += Vector256.Load(c + stride + 8);
            c20 += Vector256.Load(c + (2 * stride));
            c21 += Vector256.Load(c + (2 * stride) + 8);
            c30 += Vector256.Load(c + (3 * stride));
            c31 += Vector256.Load(c + (3 * stride) + 8);
            c40 += Vector256.Load(c + (4 * stride));
            c41 += Vector256.Load(c + (4 * stride) + 8);
            c50 += Vector256.Load(c + (5 * stride));
            c51 += Vector256.Load(c + (5 * stride) + 8);
        }

        c00.Store(c);
        c01.Store(c + 8);
        c10.Store(c + stride);
        c11.Store(c + stride + 8);
        c20.Store(c + (2 * stride));
        c21.Store(c + (2 * stride) + 8);
        c30.Store(c + (3 * stride));
        c31.Store(c + (3 * stride) + 8);
        c40.Store(c + (4 * stride));
        c41.Store(c + (4 * stride) + 8);
        c50.Store(c + (5 * stride));
        c51.Store(c + (5 * stride) + 8);
    }

    /// <summary>
    /// Depth <paramref name="k"/> behind the panels' present place: the outer product of 6 and 16 values. Inlined, the tile stays in registers
    /// and every address is a register and a constant, as instructions other than multiply-adds count where a core is shared.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float* a,
        float* b,
        int k,
        ref Vector256<float> c00,
        ref Vector256<float> c01,
        ref Vector256<float> c10,
        ref Vector256<float> c11,
        ref Vector256<float> c20,
        ref Vector256<float> c21,
        ref Vector256<float> c30,
        ref Vector256<float> c31,
        ref Vector256<float> c40,
        ref Vector256<float> c41,
        ref Vector256<float> c50,
        ref Vector256<float> c51)
    {
        var (b0, b1) = (Vector256.Load(b + (k * Columns)), Vector256.Load(b + (k * Columns) + 8));
        var x = Avx.BroadcastScalarToVector256(a + (k * Rows));
        c00 = Fma.MultiplyAdd(x, b0, c00);
        c01 = Fma.MultiplyAdd(x, b1, c01);
        x = Avx.BroadcastScalarToVector256(a + (k * Rows) + 1);
        c10 = Fma.MultiplyAdd(x, b0, c10);
        c11 = Fma.MultiplyAdd(x, b1, c11);
        x = Avx.BroadcastScalarToVector256(a + (k * Rows) + 2);
        c20 = Fma.MultiplyAdd(x, b0, c20);
        c21 = Fma.MultiplyAdd(x, b1, c21);
        x = Avx.BroadcastScalarToVector256(a + (k * Rows) + 3);
        c30 = Fma.MultiplyAdd(x, b0, c30);
        c31 = Fma.MultiplyAdd(x, b1, c31);
        x = Avx.BroadcastScalarToVector256(a + (k * Rows) + 4);
        c40 = Fma.MultiplyAdd(x, b0, c40);
        c41 = Fma.MultiplyAdd(x, b1, c41);
        x = Avx.BroadcastScalarToVector256(a + (k * Rows) + 5);
        c50 = Fma.MultiplyAdd(x, b0, c50);
        c51 = Fma.MultiplyAdd(x, b1, c51);
    }
}
