using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>Passes on the gradients of what is trained; those of frozen weights are not made at all.</summary>
/// <param name="deviceMemory">Of the kernels' device; null is the host.</param>
internal sealed unsafe class TrainedGradients(TrainedWeights trained, IDeviceMemory? deviceMemory = null) : IGradientSink, IDisposable
{
    private readonly NativeBuffer<float> unused = new(deviceMemory);
    private IGradientSink inner = null!;

    public long Bytes => unused.ByteCount;

    /// <summary>This, before <paramref name="sink"/>.</summary>
    public IGradientSink Before(IGradientSink sink)
    {
        inner = sink;
        return this;
    }

    public void Product(IKernels kernels, Parameter weight, Matrix dy, Matrix x, bool complete)
    {
        foreach (var (first, rows) in trained.RangesOf(weight))
        {
            inner.Product(kernels, rows, dy.Narrow(first, rows.Rows), x, complete);
        }
    }

    public void Rows(IKernels kernels, Parameter weight, int* rows, Matrix dRows)
    {
        if (trained.RangesOf(weight) is [var (_, whole)])
        {
            inner.Rows(kernels, whole, rows, dRows);
        }
    }

    public void ProductAndRows(IKernels kernels, Parameter weight, Matrix dy, Matrix x, int* rows, Matrix dRows)
    {
        if (trained.RangesOf(weight) is [var (_, whole)])
        {
            inner.ProductAndRows(kernels, whole, dy, x, rows, dRows);
        }
    }

    public float* Vector(IKernels kernels, Parameter weight) =>
        trained.RangesOf(weight) is [var (_, whole)] ? inner.Vector(kernels, whole) : unused.Reserve(weight.Count);

    public void Complete(IKernels kernels, Parameter weight)
    {
        if (trained.RangesOf(weight) is [var (_, whole)])
        {
            inner.Complete(kernels, whole);
        }
    }

    public void Dispose() => unused.Dispose();
}
