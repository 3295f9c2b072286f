namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>One thread's part of a <see cref="PackedProduct"/>, by panels of 16 columns.</summary>
/// <param name="rightPanels">Room for a group, <paramref name="size"/> values, for each slot.</param>
/// <param name="width">Panels of a group.</param>
internal readonly unsafe struct ProductKernel(LeftBlock left, Operand right, Matrix c, float* rightPanels, int width, long size, bool add) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var panels = rightPanels + (slot * size);
        var groups = (int)((end - first + width - 1) / width);
        for (var group = 0; group < groups; group++)
        {
            var begin = (int)(first + ((end - first) * group / groups));
            var count = (int)(first + ((end - first) * (group + 1) / groups)) - begin;
            for (var from = 0; from < left.Depth; from += left.Step)
            {
                var depth = Math.Min(left.Step, left.Depth - from);
                Pack(panels, begin, count, from, depth);
                for (var index = 0; index < left.Count; index++)
                {
                    Strip(index, panels, begin, count, from, depth);
                }
            }
        }
    }

    private void Pack(float* panels, int begin, int count, int from, int depth)
    {
        for (var i = 0; i < count; i++)
        {
            var column = (begin + i) * MicroKernel.Columns;
            var columns = Math.Min(MicroKernel.Columns, c.Columns - column);
            Panels.Right(right, column, columns, left.FirstDepth + from, depth, panels + (i * (long)Panels.RightSize(depth)));
        }
    }

    /// <summary>A left panel meets a group of right ones.</summary>
    private void Strip(int index, float* panels, int begin, int count, int from, int depth)
    {
        var (row, column) = (index * MicroKernel.Rows, begin * MicroKernel.Columns);
        var rows = Math.Min(MicroKernel.Rows, c.Rows - row);
        var leftPanel = left.Panel(index, from);
        var adds = add || from > 0;
        var destination = c.Row(row) + column;
        for (var i = 0; i < count; i++)
        {
            var columns = Math.Min(MicroKernel.Columns, c.Columns - column);
            PanelProduct.Multiply(leftPanel, panels, depth, destination, c.Stride, rows, columns, adds);
            panels += Panels.RightSize(depth);
            destination += MicroKernel.Columns;
            column += MicroKernel.Columns;
        }
    }
}
