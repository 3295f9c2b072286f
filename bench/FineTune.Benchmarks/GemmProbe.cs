using FineTune.Training.Kernels.Cpu;

namespace FineTune.Benchmarks;

/// <summary>
/// Measures the model's smallest product between steps: how much of its best rate the machine gave while the steps ran, for a step takes
/// longer than neighbours on the same processor leave it alone.
/// </summary>
internal sealed class GemmProbe : IDisposable
{
    private readonly CpuKernels kernels;
    private readonly GemmProduct product;
    private readonly List<double> rates = [];

    public GemmProbe(BenchmarkShape shape)
    {
        kernels = new CpuKernels(shape.Threads);
        product = new GemmProduct(kernels, shape.Batch * shape.Context, shape.Config.HiddenSize, shape.Config.HiddenSize);
    }

    /// <summary>Median rate over the best.</summary>
    public double Availability => Samples.Median(rates) / rates.Max();

    public void Measure() => rates.Add(product.Rate(product.Forward));

    public void Dispose()
    {
        product.Dispose();
        kernels.Dispose();
    }
}
