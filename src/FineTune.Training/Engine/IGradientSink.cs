using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>
/// Takes the gradients that a backward pass makes, weight by weight. A gradient may come in parts; with its last one it is
/// <c>complete</c>, and from then on the weight may change: the pass has by then done everything that needs the weight as it was.
/// </summary>
internal unsafe interface IGradientSink
{
    /// <summary>Adds <paramref name="dy"/>ᵀ <paramref name="x"/>, the gradient of a matrix that maps x to y.</summary>
    void Product(IKernels kernels, Parameter weight, Matrix dy, Matrix x, bool complete);

    /// <summary>Adds row i of <paramref name="dRows"/> to row <paramref name="rows"/>[i]: the gradient of a look-up. Completes it.</summary>
    void Rows(IKernels kernels, Parameter weight, int* rows, Matrix dRows);

    /// <summary>Adds both, the gradient of a matrix that is looked up and multiplied by. Completes it.</summary>
    void ProductAndRows(IKernels kernels, Parameter weight, Matrix dy, Matrix x, int* rows, Matrix dRows);

    /// <summary>Memory to add a vector's gradient to, until <see cref="Complete"/>.</summary>
    float* Vector(IKernels kernels, Parameter weight);

    void Complete(IKernels kernels, Parameter weight);
}
