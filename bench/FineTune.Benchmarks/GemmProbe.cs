using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Benchmarks;

/// <summary>
/// Measures the model's smallest product between steps: how much of its best rate the machine gave while the steps ran, for a step takes
/// longer than neighbours on the same processor leave it alone.
/// </summary>
internal sealed unsafe class GemmProbe : IDisposable
{
    private readonly CpuKernels kernels;
    private readonly NativeBuffer<float> memory;
    private readonly Action product;
    private readonly double flop;
    private readonly List<double> rates = [];

    public GemmProbe(BenchmarkShape shape)
    {
        var (rows, width) = (shape.Batch * shape.Context, shape.Config.HiddenSize);
        kernels = new CpuKernels(shape.Threads);
        memory = new NativeBuffer<float>(((2L * rows) + width) * width);
        new Span<float>(memory.Data, (rows + width) * width).Fill(0.5f);
        var x = new Matrix(memory.Data, rows, width);
        var weight = new Weight(x.Row(rows), width, width);
        var y = new Matrix(x.Row(rows + width), rows, width);
        product = () => kernels.Linear(x, weight, y, add: false);
        flop = 2.0 * rows * width * width;
    }

    /// <summary>Median rate over the best.</summary>
    public double Availability
    {
        get
        {
            var ordered = rates.Order().ToList();
            return ordered[ordered.Count / 2] / ordered[^1];
        }
    }

    public void Measure() => rates.Add(GemmBenchmark.Rate(flop, product));

    public void Dispose()
    {
        kernels.Dispose();
        memory.Dispose();
    }
}
