using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>The weights of a model in one block of memory, in the order of <see cref="WeightLayout"/>.</summary>
internal sealed unsafe class WeightBlock(float* data)
{
    public Weight Matrix(Parameter parameter) => new(data + parameter.Offset, parameter.Rows, parameter.Columns);

    /// <summary>Gains of a norm; always in single precision.</summary>
    public float* Vector(Parameter parameter) => data + parameter.Offset;

    /// <summary>Values <paramref name="first"/> … of <paramref name="parameter"/>, for an update.</summary>
    public float* At(Parameter parameter, long first) => data + parameter.Offset + first;
}
