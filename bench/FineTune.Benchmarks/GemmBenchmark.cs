using System.Diagnostics;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Benchmarks;

/// <summary>What the machine's matrix product does with all threads on the shapes of a model.</summary>
internal static unsafe class GemmBenchmark
{
    private const double FlopPerMeasurement = 2e9;
    private const int Measurements = 5;

    /// <summary>Best rate over the model's products x Wᵀ, in 10⁹ floating-point operations per second.</summary>
    public static double BestGigaflops(BenchmarkShape shape)
    {
        var config = shape.Config;
        var rows = shape.Batch * shape.Context;
        var packed = (config.AttentionHeads + (2 * config.KeyValueHeads)) * config.HeadDimension;
        return new[]
        {
            Best(rows, packed, config.HiddenSize),
            Best(rows, 2 * config.IntermediateSize, config.HiddenSize),
            Best(rows, config.HiddenSize, config.IntermediateSize),
            Best(Math.Min(rows, 512), Math.Min(config.VocabSize, 32_768), config.HiddenSize),
        }.Max();
    }

    private static double Best(int rows, int outputs, int inputs)
    {
        using var memory = new NativeBuffer<float>(((long)rows * inputs) + ((long)outputs * inputs) + ((long)rows * outputs));
        var x = new Matrix(memory.Data, rows, inputs);
        var weight = new Matrix(x.Row(rows), outputs, inputs);
        var y = new Matrix(weight.Row(outputs), rows, outputs);
        new Span<float>(memory.Data, (rows + outputs) * inputs).Fill(0.5f);
        var flop = 2.0 * rows * outputs * inputs;
        var repeats = (int)Math.Ceiling(FlopPerMeasurement / flop);
        var best = 0.0;
        for (var measurement = 0; measurement < Measurements; measurement++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < repeats; i++)
            {
                Gemm.MultiplyTransposed(x, weight, y);
            }

            best = Math.Max(best, repeats * flop / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e9);
        }

        return best;
    }
}
