using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Kernels.Cpu.Products;

namespace FineTune.Benchmarks;

/// <summary>What the machine's matrix products do with all threads on the shapes of a model: MKL's and, where they can be used, our own.</summary>
internal static class GemmBenchmark
{
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
        using var product = new GemmProduct(kernels, rows, outputs, inputs);
        Action[] calls = [product.Forward, product.InputGradient, product.WeightGradient];
        return calls.Max(call => Enumerable.Range(0, Measurements).Max(_ => product.Rate(call)));
    }
}
