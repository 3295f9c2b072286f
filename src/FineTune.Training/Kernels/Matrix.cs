namespace FineTune.Training.Kernels;

/// <summary>Rows of fp32 values in the memory of the kernels' device; a view, it owns nothing.</summary>
internal readonly unsafe struct Matrix(float* data, int rows, int columns, int stride)
{
    public Matrix(float* data, int rows, int columns)
        : this(data, rows, columns, columns)
    {
    }

    public float* Data => data;

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>Elements from one row to the next.</summary>
    public int Stride => stride;

    public float* Row(long row) => data + (row * stride);

    public Matrix Slice(int first, int count) => new(Row(first), count, columns, stride);

    /// <summary>Columns <paramref name="first"/> … of every row.</summary>
    public Matrix Narrow(int first, int count) => new(data + first, rows, count, stride);
}
