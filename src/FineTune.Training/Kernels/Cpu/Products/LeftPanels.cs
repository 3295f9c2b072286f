using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>Panels of a left operand: for each depth the values of <see cref="MicroKernel.Rows"/> indices, zeros beyond the last.</summary>
internal static unsafe class LeftPanels
{
    /// <summary>Rows copied of one panel before the next one's: a cache line has values of several panels, and is read from memory once.</summary>
    private const int BlockRows = 8;

    /// <summary>Values of a panel; the transposition writes two beyond it.</summary>
    public static int Size(int depth) => ((MicroKernel.Rows * depth) + 2 + 15) / 16 * 16;

    /// <summary>Copies <paramref name="count"/> indices from <paramref name="first"/> on.</summary>
    /// <param name="source">In single precision.</param>
    /// <param name="size">Values from one panel to the next.</param>
    public static void Pack(Operand source, int first, int count, int firstDepth, int depth, float* panels, long size)
    {
        var data = (float*)source.Data + source.At(first, firstDepth);
        var whole = count / MicroKernel.Rows;
        if (source.ByDepth)
        {
            for (var i = 0; i < whole; i++)
            {
                var row = (long)i * MicroKernel.Rows * source.Stride;
                PanelCopy.Transposed(new SingleSource(data), row, source.Stride, MicroKernel.Rows, depth, panels + (i * size), MicroKernel.Rows);
            }
        }
        else
        {
            Copy(data, source.Stride, whole, depth, panels, size);
        }

        var rest = count % MicroKernel.Rows;
        if (rest > 0)
        {
            var at = source.At(first + (whole * MicroKernel.Rows), firstDepth);
            PanelCopy.Partial(new SingleSource((float*)source.Data), source, at, rest, MicroKernel.Rows, depth, panels + (whole * size));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* data, int stride, int count, int depth, float* panels, long size)
    {
        for (var from = 0; from < depth; from += BlockRows)
        {
            var rows = Math.Min(BlockRows, depth - from);
            for (var i = 0; i < count; i++)
            {
                var at = data + ((long)from * stride) + (i * MicroKernel.Rows);
                var to = panels + (i * size) + (from * MicroKernel.Rows);
                for (var k = 0; k < rows; k++)
                {
                    Vector128.Load(at).Store(to);
                    *(long*)(to + 4) = *(long*)(at + 4);
                    at += stride;
                    to += MicroKernel.Rows;
                }
            }
        }
    }
}
