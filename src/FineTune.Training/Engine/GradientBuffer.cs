using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>
/// Keeps the gradients of all trained weights until their sum over micro-batches, or their norm, is known. Takes 4 bytes a weight, allocated
/// when first needed.
/// </summary>
/// <param name="deviceMemory">Of the kernels' device; null is the host.</param>
internal sealed unsafe class GradientBuffer(LlamaParameters parameters, IDeviceMemory? deviceMemory = null) : IGradientSink, IDisposable
{
    private readonly bool[] begun = new bool[parameters.Trained.Ranges.Count];
    private NativeBuffer<float>? memory;

    /// <summary>At <see cref="Parameter.StateOffset"/>; zero between the weights.</summary>
    public float* Data => memory!.Data;

    public long Bytes => memory?.ByteCount ?? 0;

    /// <summary>Forgets the gradients of the step before.</summary>
    public void BeginStep()
    {
        memory ??= new NativeBuffer<float>(parameters.Trained.StateCount, deviceMemory);
        begun.AsSpan().Clear();
    }

    public void Product(IKernels kernels, Parameter weight, Matrix dy, Matrix x, bool complete)
    {
        kernels.LinearWeightGradient(dy, x, Whole(weight), begun[weight.Index]);
        begun[weight.Index] = true;
    }

    public void Rows(IKernels kernels, Parameter weight, int* rows, Matrix dRows) => kernels.ScatterAdd(dRows, rows, 0, Sum(kernels, weight));

    public void ProductAndRows(IKernels kernels, Parameter weight, Matrix dy, Matrix x, int* rows, Matrix dRows)
    {
        Product(kernels, weight, dy, x, complete: false);
        Rows(kernels, weight, rows, dRows);
    }

    public float* Vector(IKernels kernels, Parameter weight) => Sum(kernels, weight).Data;

    public void Complete(IKernels kernels, Parameter weight)
    {
    }

    public void Dispose() => memory?.Dispose();

    /// <summary>What is there already, or zeros.</summary>
    private Matrix Sum(IKernels kernels, Parameter weight)
    {
        var whole = Whole(weight);
        if (!begun[weight.Index])
        {
            kernels.Clear(whole);
            begun[weight.Index] = true;
        }

        return whole;
    }

    private Matrix Whole(Parameter weight) => new(Data + weight.StateOffset, weight.Rows, weight.Columns);
}
