using System.Runtime.InteropServices;

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
