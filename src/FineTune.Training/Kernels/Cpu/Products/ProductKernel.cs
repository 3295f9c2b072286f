namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>One thread's part of a <see cref="PackedProduct"/>, by panels of 16 columns.</summary>
/// <param name="rightPanels">Room for a group of each slot.</param>
internal readonly unsafe struct ProductKernel(ProductPlan plan, LeftBlock left, Operand right, Matrix c, float* rightPanels, bool add) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var panels = rightPanels + (slot * plan.GroupSize);
        var groups = (int)((end - first + plan.Width - 1) / plan.Width);
        for (var group = 0; group < groups; group++)
        {
            var begin = (int)(first + ((end - first) * group / groups));
            var count = (int)(first + ((end - first) * (group + 1) / groups)) - begin;
            for (var from = 0; from < left.Depth; from += left.Step)
            {
                var depth = Math.Min(left.Step, left.Depth - from);
                var column = begin * MicroKernel.Columns;
                var columns = Math.Min(count * MicroKernel.Columns, c.Columns - column);
                RightPanels.Pack(right, column, columns, left.FirstDepth + from, depth, panels, plan.PanelSize);
                for (var index = 0; index < left.Count; index++)
                {
                    Strip(index, panels, begin, count, from, depth);
                }
            }
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

        // The next left panel comes from the last cache while this one is multiplied, each right panel asking for its share of it.
        var next = left.Panel(index + 1, from);
        var ahead = ((MicroKernel.Unrolled * MicroKernel.Rows) + count - 1) / count;
        for (var i = 0; i < count; i++)
        {
            var columns = Math.Min(MicroKernel.Columns, c.Columns - column);
            PanelProduct.Multiply(leftPanel, panels, depth, destination, c.Stride, rows, columns, adds, next, ahead);
            next += depth / MicroKernel.Unrolled * ahead;
            panels += plan.PanelSize;
            destination += MicroKernel.Columns;
            column += MicroKernel.Columns;
        }
    }
}
