using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>
/// Products C = A B on panels (<see cref="MicroKernel"/>). The panels of a block of the left operand lie in the last cache and are shared by
/// all threads; each thread has columns of C to itself and copies the right operand's panels, a group at a time, to its second cache. So a
/// weight is read from memory once, whatever form and order it is kept in, and copied nowhere else.
/// </summary>
/// <param name="threads">Of a product; each value of C is summed up by one of them, in an order that they do not change.</param>
internal sealed unsafe class PackedProduct(int threads) : IDisposable
{
    /// <summary>Multiplications that are worth a thread.</summary>
    private const long Grain = 1 << 18;

    private readonly NativeBuffer<float> leftPanels = new();
    private readonly NativeBuffer<float> rightPanels = new();

    /// <summary>Whether this machine has what it takes, and no wider vectors, with which MKL is faster.</summary>
    public static bool IsPreferred => MicroKernel.IsSupported && !Vector512.IsHardwareAccelerated;

    /// <summary>Of native memory.</summary>
    public long Bytes => leftPanels.ByteCount + rightPanels.ByteCount;

    /// <summary><paramref name="c"/> = left · right, or += with <paramref name="add"/>.</summary>
    public void Multiply(Operand left, Operand right, int depth, Matrix c, bool add)
    {
        if (c.Rows == 0)
        {
            return;
        }

        var plan = new ProductPlan(c.Rows, depth);
        for (var row = 0; row < c.Rows; row += plan.Rows)
        {
            var part = c.Slice(row, Math.Min(plan.Rows, c.Rows - row));
            for (var from = 0; from < depth; from += plan.Depth)
            {
                var block = Pack(plan, left, row, part.Rows, from, Math.Min(plan.Depth, depth - from));
                Multiply(plan, block, right, part, add || from > 0);
            }
        }
    }

    public void Dispose()
    {
        leftPanels.Dispose();
        rightPanels.Dispose();
    }

    private LeftBlock Pack(ProductPlan plan, Operand left, int row, int rows, int firstDepth, int depth)
    {
        var panels = leftPanels.Reserve(LeftBlock.Size(rows, depth, plan.Step));
        var block = new LeftBlock(panels, row, rows, firstDepth, depth, plan.Step);
        NativeThreads.For(threads, block.Count, Math.Max(1, Grain / 16 / depth), new PackLeftKernel(left, block));
        return block;
    }

    private void Multiply(ProductPlan plan, LeftBlock left, Operand right, Matrix c, bool add)
    {
        var columns = (c.Columns + MicroKernel.Columns - 1) / MicroKernel.Columns;
        var kernel = new ProductKernel(plan, left, right, c, rightPanels.Reserve(threads * plan.GroupSize), add);
        NativeThreads.For(threads, columns, Math.Max(1, Grain / ((long)left.Rows * left.Depth * MicroKernel.Columns)), kernel);
    }
}
