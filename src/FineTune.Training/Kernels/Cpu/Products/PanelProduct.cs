namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>A left panel by a right one, at the edges of a matrix too.</summary>
internal static unsafe class PanelProduct
{
    /// <summary>C [<paramref name="rows"/>, <paramref name="columns"/>] = A B, or += with <paramref name="add"/>.</summary>
    /// <param name="rows">At most <see cref="MicroKernel.Rows"/>; <paramref name="columns"/> at most <see cref="MicroKernel.Columns"/>.</param>
    public static void Multiply(float* left, float* right, int depth, float* c, int stride, int rows, int columns, bool add) =>
        Multiply(left, right, depth, c, stride, rows, columns, add, left, 0);

    /// <param name="next">See <see cref="MicroKernel.Multiply(float*, float*, int, float*, nint, bool, float*, nint)"/>.</param>
    /// <inheritdoc cref="Multiply(float*, float*, int, float*, int, int, int, bool)"/>
    public static void Multiply(
        float* left, float* right, int depth, float* c, int stride, int rows, int columns, bool add, float* next, nint ahead)
    {
        if (rows == MicroKernel.Rows && columns == MicroKernel.Columns)
        {
            MicroKernel.Multiply(left, right, depth, c, stride, add, next, ahead);
            return;
        }

        var tile = stackalloc float[MicroKernel.Rows * MicroKernel.Columns];
        MicroKernel.Multiply(left, right, depth, tile, MicroKernel.Columns, add: false, next, ahead);
        for (var row = 0; row < rows; row++)
        {
            float* from = tile + (row * MicroKernel.Columns), to = c + (row * (long)stride);
            for (var i = 0; i < columns; i++)
            {
                to[i] = add ? to[i] + from[i] : from[i];
            }
        }
    }
}
