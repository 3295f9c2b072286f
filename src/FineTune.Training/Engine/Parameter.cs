namespace FineTune.Training.Engine;

/// <summary>
/// A weight as a pass sees it: a range of every block that <see cref="WeightLayout"/> lays out. Weights that take the same input (query,
/// key, value; gate, up) are one matrix.
/// </summary>
/// <param name="Index">Among the model's parameters, from 0; of what is trained of one, among all that is trained.</param>
/// <param name="Offset">Of its first value in the block of weights.</param>
/// <param name="StateOffset">The same in blocks of gradients and moments, which hold only what is trained.</param>
/// <param name="Rows">Outputs of a matrix; 1 for a vector.</param>
internal readonly record struct Parameter(int Index, long Offset, long StateOffset, int Rows, int Columns, bool IsMatrix)
{
    public long Count => (long)Rows * Columns;
}
