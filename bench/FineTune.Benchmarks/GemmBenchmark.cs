using System.Diagnostics;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Kernels.Cpu.Products;

namespace FineTune.Benchmarks;

/// <summary>What the machine's matrix products do with all threads on the shapes of a model: MKL's and, where they can be used, our own.</summary>
internal static unsafe class GemmBenchmark
{
    private const double FlopPerMeasurement = 2e9;
    private const int Measurements = 5;

    /// <summary>Best rate over the model's products, forward and backward, in 10⁹ floating-point operations per second.</summary>
    public static double BestGigaflops(BenchmarkShape shape)
    {
        var best = Best(shape, packs: false);
        return MicroKernel.IsSupported ? Math.Max(best, Best(shape, packs: true)) : best;
    }

    private static double Best(BenchmarkShape shape, bool packs)
    {
        using var kernels = new CpuKernels(shape.Threads, packs);
        var config = shape.Config;
        var rows = shape.Batch * shape.Context;
        var packed = (config.AttentionHeads + (2 * config.KeyValueHeads)) * config.HeadDimension;
        return new[]
        {
            Best(kernels, rows, packed, config.HiddenSize),
            Best(kernels, rows, 2 * config.IntermediateSize, config.HiddenSize),
            Best(kernels, rows, config.HiddenSize, config.IntermediateSize),
            Best(kernels, Math.Min(rows, 512), Math.Min(config.VocabSize, 32_768), config.HiddenSize),
        }.Max();
    }

    private static double Best(CpuKernels kernels, int rows, int outputs, int inputs)
    {
        using var memory = new NativeBuffer<float>(((long)rows * inputs) + ((long)outputs * inputs) + ((long)rows * outputs));
        var x = new Matrix(memory.Data, rows, inputs);
        var w = new Matrix(x.Row(rows), outputs, inputs);
        var y = new Matrix(w.Row(outputs), rows, outputs);
        new Span<float>(memory.Data, (rows + outputs) * inputs).Fill(0.5f);
        var weight = new Weight(w.Data, outputs, inputs);
        var flop = 2.0 * rows * outputs * inputs;
        return new[]
        {
            Best(flop, () => kernels.Linear(x, weight, y, add: false)),
            Best(flop, () => kernels.LinearInputGradient(y, weight, x)),
            Best(flop, () => kernels.LinearWeightGradient(y, x, w, add: false)),
        }.Max();
    }

    private static double Best(double flop, Action product) => Enumerable.Range(0, Measurements).Max(_ => Rate(flop, product));

    /// <summary>Of some hundredths of a second.</summary>
    internal static double Rate(double flop, Action product)
    {
        var repeats = (int)Math.Ceiling(FlopPerMeasurement / flop);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
        {
            product();
        }

        return repeats * flop / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e9;
    }
}
