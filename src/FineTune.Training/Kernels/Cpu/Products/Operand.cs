namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>One side of a product, value (i, k) for index i of the result and depth k of the sum; one of the two is contiguous.</summary>
internal readonly unsafe struct Operand
{
    private Operand(void* data, bool isHalf, int stride, bool byDepth)
    {
        Data = data;
        (IsHalf, Stride, ByDepth) = (isHalf, stride, byDepth);
    }

    public void* Data { get; }

    /// <summary>Whether values are bfloat16.</summary>
    public bool IsHalf { get; }

    /// <summary>Values from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>Whether a row has one index and all depths, rather than one depth and all indices.</summary>
    public bool ByDepth { get; }

    /// <summary>Rows are indices, columns are summed over.</summary>
    public static Operand Rows(Matrix matrix) => new(matrix.Data, false, matrix.Stride, true);

    /// <summary>Columns are indices, rows are summed over.</summary>
    public static Operand Columns(Matrix matrix) => new(matrix.Data, false, matrix.Stride, false);

    public static Operand Rows(Weight weight) => new(weight.IsHalf ? weight.Halves(0) : weight.Single.Data, weight.IsHalf, weight.Columns, true);

    public static Operand Columns(Weight weight) =>
        new(weight.IsHalf ? weight.Halves(0) : weight.Single.Data, weight.IsHalf, weight.Columns, false);

    public long At(long index, long depth) => ByDepth ? (index * Stride) + depth : (depth * Stride) + index;
}
