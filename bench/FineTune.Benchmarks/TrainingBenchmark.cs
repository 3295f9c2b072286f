using System.Diagnostics;
using FineTune.Core.Json;
using FineTune.Core.Numerics;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

namespace FineTune.Benchmarks;

/// <summary>Optimizer steps of the autograd engine on random tokens; the first three steps are not counted.</summary>
public static class TrainingBenchmark
{
    private const int WarmUp = 3;

    public static string Run(BenchmarkShape shape)
    {
        var numerics = TorchRuntime.Start();
        var folder = Directory.CreateTempSubdirectory("finetune-bench-").FullName;
        try
        {
            LlamaInitializer.Write(shape.Config, 1, folder);
            using var engine = AutogradEngine.Open(folder, null, new HyperparametersRequest().Resolve(1e-4));
            var losses = new List<double>();
            var seconds = new List<double>();
            for (var step = 0; step < shape.Steps; step++)
            {
                var batch = RandomBatch(shape, step);
                var began = Stopwatch.GetTimestamp();
                losses.Add(engine.Step([batch], 1e-4).Loss);
                seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }

            var counted = seconds.Skip(WarmUp).Order().ToList();
            var tokens = shape.Batch * shape.Context;
            return WireJson.Serialize(new
            {
                tokens_per_second = tokens / counted[counted.Count / 2],
                steps_per_second = 1 / counted[counted.Count / 2],
                best_steps_per_second = 1 / counted[0],
                peak_rss_bytes = Process.GetCurrentProcess().PeakWorkingSet64,
                parameters = shape.Config.Parameters,
                numerics,
                loss = losses,
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static MicroBatch RandomBatch(BenchmarkShape shape, int step)
    {
        var random = new CounterRandom(1).Stream((ulong)step);
        return MicroBatch.Pad([.. Enumerable.Range(0, shape.Batch).Select(row => new TokenSequence(
            [.. Enumerable.Range(0, shape.Context + 1).Select(i => (int)random.Below((ulong)((row * 100_000) + i), shape.Config.VocabSize))],
            [.. Enumerable.Repeat(true, shape.Context + 1)]))]);
    }
}
