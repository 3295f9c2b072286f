using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>
/// The weights of a model in the order of <see cref="WeightLayout"/>: matrices in single precision or bfloat16, vectors in single precision.
/// </summary>
internal sealed unsafe class WeightBlock
{
    private readonly float* singles;
    private readonly ushort* halves;

    /// <summary>All in single precision, in one block.</summary>
    public WeightBlock(float* data) => singles = data;

    /// <summary>Matrices in bfloat16.</summary>
    /// <param name="vectors">From <see cref="WeightLayout.MatrixCount"/> on.</param>
    public WeightBlock(WeightLayout layout, ushort* matrices, float* vectors)
    {
        halves = matrices;
        singles = vectors - layout.MatrixCount;
    }

    public Weight Matrix(Parameter parameter) => halves is null
        ? new Weight(singles + parameter.Offset, parameter.Rows, parameter.Columns)
        : new Weight(halves + parameter.Offset, parameter.Rows, parameter.Columns);

    /// <summary>Gains of a norm; always in single precision.</summary>
    public float* Vector(Parameter parameter) => singles + parameter.Offset;

    /// <summary>Values <paramref name="first"/> … of <paramref name="parameter"/> in single precision, for an update.</summary>
    public float* At(Parameter parameter, long first) => singles + parameter.Offset + first;

    /// <summary>Values <paramref name="first"/> … of <paramref name="parameter"/> in the form they are kept in, for an update.</summary>
    /// <param name="seed">Of rounding.</param>
    public StoredValues Values(Parameter parameter, long first, ulong seed) => halves is null || !parameter.IsMatrix
        ? new StoredValues(ValueForm.Single, singles + parameter.Offset + first, null, first, seed)
        : new StoredValues(ValueForm.BFloat, halves + parameter.Offset + first, null, first, seed);
}
