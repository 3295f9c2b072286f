using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>Panels of a right operand: for each depth the values of <see cref="MicroKernel.Columns"/> indices, zeros beyond the last.</summary>
internal static unsafe class RightPanels
{
    private const int Width = VectorMath.Width;

    /// <summary>Rows that are asked for before they are needed: the next row of a wide matrix lies on another page, where the processor does not look ahead.</summary>
    private const int RowsAhead = 8;

    /// <summary>Values of a panel.</summary>
    public static int Size(int depth) => MicroKernel.Columns * depth;

    /// <summary>Copies <paramref name="count"/> indices from <paramref name="first"/> on.</summary>
    /// <param name="size">Values from one panel to the next.</param>
    public static void Pack(Operand source, int first, int count, int firstDepth, int depth, float* panels, long size)
    {
        if (source.IsHalf)
        {
            Pack(new HalfSource((ushort*)source.Data), source, first, count, firstDepth, depth, panels, size);
        }
        else
        {
            Pack(new SingleSource((float*)source.Data), source, first, count, firstDepth, depth, panels, size);
        }
    }

    private static void Pack<TSource>(TSource values, Operand source, int first, int count, int firstDepth, int depth, float* panels, long size)
        where TSource : unmanaged, IPanelSource
    {
        var whole = count / MicroKernel.Columns;
        if (source.ByDepth)
        {
            for (var i = 0; i < 2 * whole; i++)
            {
                var panel = panels + (i / 2 * size) + (i % 2 * Width);
                PanelCopy.Transposed(values, source.At(first + (i * Width), firstDepth), source.Stride, Width, depth, panel, MicroKernel.Columns);
            }
        }
        else
        {
            Copy(values, source.At(first, firstDepth), source.Stride, whole, depth, panels, size);
        }

        var rest = count % MicroKernel.Columns;
        if (rest > 0)
        {
            var at = source.At(first + (whole * MicroKernel.Columns), firstDepth);
            PanelCopy.Partial(values, source, at, rest, MicroKernel.Columns, depth, panels + (whole * size));
        }
    }

    /// <summary>Row by row for all panels, as the memory lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<TSource>(TSource values, long at, int stride, int count, int depth, float* panels, long size)
        where TSource : unmanaged, IPanelSource
    {
        for (var k = 0; k < depth; k++)
        {
            var from = at;
            var to = panels;
            for (var i = 0; i < count; i++)
            {
                values.Prefetch(from + ((long)RowsAhead * stride));
                values.Load(from).Store(to);
                values.Load(from + Width).Store(to + Width);
                from += MicroKernel.Columns;
                to += size;
            }

            at += stride;
            panels += MicroKernel.Columns;
        }
    }
}
