namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>Panels of some rows and depths of a left operand.</summary>
/// <param name="step">Depth of a panel, but for the last.</param>
internal readonly unsafe struct LeftBlock(float* data, int firstRow, int rows, int firstDepth, int depth, int step)
{
    public int FirstRow => firstRow;

    public int Rows => rows;

    public int FirstDepth => firstDepth;

    public int Depth => depth;

    public int Step => step;

    /// <summary>Panels of one depth.</summary>
    public int Count => (Rows + MicroKernel.Rows - 1) / MicroKernel.Rows;

    /// <summary>Values of all panels.</summary>
    public static long Size(int rows, int depth, int step) =>
        (long)((depth + step - 1) / step) * ((rows + MicroKernel.Rows - 1) / MicroKernel.Rows) * LeftPanels.Size(step);

    /// <summary>Panel <paramref name="index"/> of those at depth <paramref name="from"/>.</summary>
    public float* Panel(int index, int from) => data + (((from / Step * (long)Count) + index) * LeftPanels.Size(Step));
}

/// <summary>Fills a <see cref="LeftBlock"/> by panels.</summary>
internal readonly unsafe struct PackLeftKernel(Operand left, LeftBlock block) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var row = (int)first * MicroKernel.Rows;
        var rows = Math.Min((int)end * MicroKernel.Rows, block.Rows) - row;
        for (var from = 0; from < block.Depth; from += block.Step)
        {
            var depth = Math.Min(block.Step, block.Depth - from);
            LeftPanels.Pack(left, block.FirstRow + row, rows, block.FirstDepth + from, depth, block.Panel((int)first, from), LeftPanels.Size(block.Step));
        }
    }
}
