using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>What panels of both sides are copied with. A panel is written while its rows are read from memory, and read from the cache.</summary>
internal static unsafe class PanelCopy
{
    private const int Width = VectorMath.Width;

    /// <summary>
    /// Six or eight rows become columns of a panel. Whole vectors are stored in any case: of six, each one's last two values are written over by
    /// the next.
    /// </summary>
    /// <param name="width">Of the panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transposed<TSource>(TSource values, long at, int stride, int rows, int depth, float* panel, int width)
        where TSource : unmanaged, IPanelSource
    {
        long s = stride;
        var k = 0;
        for (; k <= depth - Width; k += Width)
        {
            var x = at + k;
            var (a, b, c, d) = (values.Load(x), values.Load(x + s), values.Load(x + (2 * s)), values.Load(x + (3 * s)));
            x += 4 * s;
            var (e, f, g, h) = (values.Load(x), values.Load(x + s), Vector256<float>.Zero, Vector256<float>.Zero);
            if (rows == Width)
            {
                (g, h) = (values.Load(x + (2 * s)), values.Load(x + (3 * s)));
            }

            var to = panel + (k * width);
            Transpose(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            a.Store(to);
            b.Store(to + width);
            c.Store(to + (2 * width));
            d.Store(to + (3 * width));
            e.Store(to + (4 * width));
            f.Store(to + (5 * width));
            g.Store(to + (6 * width));
            h.Store(to + (7 * width));
        }

        for (; k < depth; k++)
        {
            for (var i = 0; i < rows; i++)
            {
                panel[(k * width) + i] = values.One(at + (i * s) + k);
            }
        }
    }

    /// <summary>A panel of fewer than <paramref name="width"/> indices, with zeros in their places.</summary>
    public static void Partial<TSource>(TSource values, Operand source, long at, int count, int width, int depth, float* panel)
        where TSource : unmanaged, IPanelSource
    {
        var (byIndex, byDepth) = source.ByDepth ? ((long)source.Stride, 1L) : (1L, source.Stride);
        for (var k = 0; k < depth; k++)
        {
            for (var i = 0; i < width; i++)
            {
                panel[(k * (long)width) + i] = i < count ? values.One(at + (i * byIndex) + (k * byDepth)) : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d,
        ref Vector256<float> e, ref Vector256<float> f, ref Vector256<float> g, ref Vector256<float> h)
    {
        var (ab0, ab1) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b));
        var (cd0, cd1) = (Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
        var (ef0, ef1) = (Avx.UnpackLow(e, f), Avx.UnpackHigh(e, f));
        var (gh0, gh1) = (Avx.UnpackLow(g, h), Avx.UnpackHigh(g, h));
        var (p0, p1) = (Avx.Shuffle(ab0, cd0, 0x44), Avx.Shuffle(ab0, cd0, 0xEE));
        var (p2, p3) = (Avx.Shuffle(ab1, cd1, 0x44), Avx.Shuffle(ab1, cd1, 0xEE));
        var (q0, q1) = (Avx.Shuffle(ef0, gh0, 0x44), Avx.Shuffle(ef0, gh0, 0xEE));
        var (q2, q3) = (Avx.Shuffle(ef1, gh1, 0x44), Avx.Shuffle(ef1, gh1, 0xEE));
        a = Avx.Permute2x128(p0, q0, 0x20);
        b = Avx.Permute2x128(p1, q1, 0x20);
        c = Avx.Permute2x128(p2, q2, 0x20);
        d = Avx.Permute2x128(p3, q3, 0x20);
        e = Avx.Permute2x128(p0, q0, 0x31);
        f = Avx.Permute2x128(p1, q1, 0x31);
        g = Avx.Permute2x128(p2, q2, 0x31);
        h = Avx.Permute2x128(p3, q3, 0x31);
    }
}
