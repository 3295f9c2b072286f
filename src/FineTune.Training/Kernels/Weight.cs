namespace FineTune.Training.Kernels;

/// <summary>A weight matrix [outputs, inputs] as it is stored in the memory of the kernels' device; a view, it owns nothing. A type of
/// its own beside <see cref="Matrix"/>, so that only kernels know how weights are stored.</summary>
internal readonly unsafe struct Weight(float* data, int rows, int columns)
{
    public int Rows => rows;

    public int Columns => columns;

    /// <summary>The weight in single precision.</summary>
    public Matrix Single => new(data, rows, columns);
}
