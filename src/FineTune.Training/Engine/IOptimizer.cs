using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>Changes weights by their gradients and keeps what it remembers of them. How weights and memory are stored is its own affair.</summary>
internal unsafe interface IOptimizer : IDisposable
{
    Hyperparameters Settings { get; }

    /// <summary>Of native memory.</summary>
    long Bytes { get; }

    /// <summary>Sets what is the same for all weights of update <paramref name="step"/> (from 1).</summary>
    /// <param name="gradientScale">Gradients are multiplied by it first: clipping.</param>
    void BeginStep(long step, double learningRate, double gradientScale);

    /// <summary>
    /// Updates values <paramref name="first"/> … of <paramref name="parameter"/> with their <paramref name="gradient"/>. In a step every
    /// value of the model is updated once, in ranges that begin at a multiple of <see cref="RangeAlignment"/> values of their
    /// parameter and end at one or at its end.
    /// </summary>
    /// <param name="measures">Whether the result is asked for; 0 otherwise.</param>
    /// <returns>The squared Euclidean norm of the gradient, in double precision.</returns>
    double Apply(IKernels kernels, Parameter parameter, long first, long count, float* gradient, bool measures = false);

    /// <summary>What it remembers as it is when read, in the form that every engine reads.</summary>
    IReadOnlyList<TensorToWrite> ToWrite();

    /// <summary>Blocks of values with a common scale fit it.</summary>
    const int RangeAlignment = StoredValues.Block;
}
