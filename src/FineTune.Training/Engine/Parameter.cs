namespace FineTune.Training.Engine;

/// <summary>
/// A weight as a pass sees it: a range of every block that <see cref="WeightLayout"/> lays out. Weights that take the same input (query,
/// key, value; gate, up) are one matrix.
/// </summary>
/// <param name="Index">Among the model's parameters, from 0.</param>
/// <param name="Offset">Of its first value in the block.</param>
/// <param name="Rows">Outputs of a matrix; 1 for a vector.</param>
internal readonly record struct Parameter(int Index, long Offset, int Rows, int Columns, bool IsMatrix)
{
    public long Count => (long)Rows * Columns;
}
