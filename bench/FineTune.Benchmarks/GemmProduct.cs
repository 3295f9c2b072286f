using System.Diagnostics;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Benchmarks;

/// <summary>A product of a model on memory of its own: y [rows, outputs] = x [rows, inputs] · weightᵀ, and its two gradients.</summary>
internal sealed unsafe class GemmProduct : IDisposable
{
    private const double FlopPerMeasurement = 2e9;

    private readonly CpuKernels kernels;
    private readonly NativeBuffer<float> memory;
    private readonly Matrix x;
    private readonly Matrix w;
    private readonly Matrix y;
    private readonly double flop;

    public GemmProduct(CpuKernels kernels, int rows, int outputs, int inputs)
    {
        this.kernels = kernels;
        memory = new NativeBuffer<float>(((long)rows * inputs) + ((long)outputs * inputs) + ((long)rows * outputs));
        x = new Matrix(memory.Data, rows, inputs);
        w = new Matrix(x.Row(rows), outputs, inputs);
        y = new Matrix(w.Row(outputs), rows, outputs);
        new Span<float>(memory.Data, (rows + outputs) * inputs).Fill(0.5f);
        flop = 2.0 * rows * outputs * inputs;
    }

    private Weight Weight => new(w.Data, w.Rows, w.Columns);

    public void Forward() => kernels.Linear(x, Weight, y, add: false);

    public void InputGradient() => kernels.LinearInputGradient(y, Weight, x);

    public void WeightGradient() => kernels.LinearWeightGradient(y, x, w, add: false);

    /// <summary>Of <paramref name="product"/>, one of the three, over some hundredths of a second, in 10⁹ floating-point operations per second.</summary>
    public double Rate(Action product)
    {
        var repeats = (int)Math.Ceiling(FlopPerMeasurement / flop);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
        {
            product();
        }

        return repeats * flop / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e9;
    }

    public void Dispose() => memory.Dispose();
}
