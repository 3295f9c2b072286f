namespace FineTune.Training.Kernels;

/// <summary>A weight matrix [outputs, inputs] as it is stored in the memory of the kernels' device, in single precision or bfloat16; a view,
/// it owns nothing. A type of its own beside <see cref="Matrix"/>, so that only kernels know how weights are stored.</summary>
internal readonly unsafe struct Weight
{
    private readonly void* data;

    public Weight(float* data, int rows, int columns)
        : this(data, rows, columns, isHalf: false)
    {
    }

    public Weight(ushort* data, int rows, int columns)
        : this(data, rows, columns, isHalf: true)
    {
    }

    private Weight(void* data, int rows, int columns, bool isHalf)
    {
        this.data = data;
        (Rows, Columns, IsHalf) = (rows, columns, isHalf);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Whether values are bfloat16.</summary>
    public bool IsHalf { get; }

    /// <summary>The weight in single precision.</summary>
    public Matrix Single => !IsHalf ? new((float*)data, Rows, Columns) : throw new InvalidOperationException("The weight is stored in bfloat16.");

    public ushort* Halves(long row) => (ushort*)data + (row * Columns);

    /// <summary>Rows <paramref name="first"/> … of it.</summary>
    public Weight Slice(int first, int count) =>
        new(IsHalf ? Halves(first) : Single.Row(first), count, Columns, IsHalf);
}
