using System.Runtime.InteropServices;
using FineTune.Training.Kernels.Cpu.Updates;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.Gather"/>, or a copy where <paramref name="rows"/> is null, by rows of the destination.</summary>
internal readonly unsafe struct GatherKernel(Matrix source, int* rows, Matrix destination) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        for (var row = first; row < end; row++)
        {
            var bytes = (nuint)destination.Columns * sizeof(float);
            NativeMemory.Copy(source.Row(rows is null ? row : rows[row]), destination.Row(row), bytes);
        }
    }
}

/// <summary><see cref="IKernels.ScatterAdd"/> by blocks of columns: rows may repeat, and each column's sum keeps its order.</summary>
internal readonly unsafe struct ScatterAddKernel(Matrix source, int* rows, int firstRow, Matrix destination) : IRangeKernel
{
    public const int BlockColumns = 16;

    public void Run(int slot, long first, long end)
    {
        var column = (int)first * BlockColumns;
        var count = Math.Min((int)end * BlockColumns, source.Columns) - column;
        for (var row = 0; row < source.Rows; row++)
        {
            var target = rows[row] - firstRow;
            if ((uint)target < (uint)destination.Rows)
            {
                VectorMath.Add(source.Row(row) + column, destination.Row(target) + column, count);
            }
        }
    }
}

/// <summary><see cref="IKernels.Clear"/> by rows.</summary>
internal readonly unsafe struct ClearKernel(Matrix destination) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        for (var row = first; row < end; row++)
        {
            NativeMemory.Clear(destination.Row(row), (nuint)destination.Columns * sizeof(float));
        }
    }
}

/// <summary>Rows of bfloat16 weights, widened: those that <paramref name="rows"/> names, or all in order.</summary>
internal readonly unsafe struct EmbedHalvesKernel(Weight source, int* rows, Matrix destination) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        for (var row = first; row < end; row++)
        {
            BFloatStore.Expand(source.Halves(rows is null ? row : rows[row]), destination.Row(row), source.Columns);
        }
    }
}

internal static unsafe class Rows
{
    /// <summary>A row of <paramref name="weight"/> in single precision.</summary>
    public static void Copy(Weight weight, int row, float* destination)
    {
        if (weight.IsHalf)
        {
            BFloatStore.Expand(weight.Halves(row), destination, weight.Columns);
        }
        else
        {
            new ReadOnlySpan<float>(weight.Single.Row(row), weight.Columns).CopyTo(new Span<float>(destination, weight.Columns));
        }
    }
}
