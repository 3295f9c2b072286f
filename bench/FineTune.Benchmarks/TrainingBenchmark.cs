using System.Diagnostics;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

namespace FineTune.Benchmarks;

/// <summary>Optimizer steps, without clipping, on random tokens; the first three are not counted.</summary>
public static class TrainingBenchmark
{
    private const int WarmUp = 3;
    private const double LearningRate = 1e-4;

    /// <summary>An engine of the product.</summary>
    public static string Run(BenchmarkShape shape) => Measure(shape, folder =>
    {
        ITrainingEngine engine = shape.Engine == "autograd"
            ? AutogradEngine.Open(folder, null, Settings(shape))
            : TrainingEngines.Open(folder, null, Settings(shape), shape.Device);
        return (engine, batch => engine.Step(Split(batch, shape.MicroBatches), LearningRate).Loss);
    });

    /// <summary>Plain TorchSharp.</summary>
    public static string RunPlain(BenchmarkShape shape) => Measure(shape, folder =>
    {
        var trainer = new PlainTrainer(folder, Settings(shape));
        return (trainer, trainer.Step);
    });

    private static MicroBatch[] Split(MicroBatch batch, int count) => count == 1 ? [batch] : [.. Enumerable.Range(0, batch.Rows).Chunk(batch.Rows / count)
        .Select(rows => new MicroBatch(
            rows.Length,
            batch.Length,
            batch.Inputs[(rows[0] * batch.Length)..((rows[^1] + 1) * batch.Length)],
            batch.Labels[(rows[0] * batch.Length)..((rows[^1] + 1) * batch.Length)]))];

    private static Hyperparameters Settings(BenchmarkShape shape) =>
        new HyperparametersRequest(
            WeightDecay: 0.1,
            MaxGradNorm: 0,
            CheckpointLayers: shape.CheckpointLayers,
            Precision: Enum.Parse<TrainingPrecision>(shape.Precision, ignoreCase: true)).Resolve(LearningRate);

    private static string Measure(BenchmarkShape shape, Func<string, (IDisposable Owner, Func<MicroBatch, double> Step)> open)
    {
        var numerics = TorchRuntime.Start(NumericsSettings.Detect() with { Threads = shape.Threads });
        var before = GemmBenchmark.BestGigaflops(shape);
        using var probe = new GemmProbe(shape);
        var (losses, seconds, tokens) = Train(shape, open, probe);
        var onProcessor = shape.Device.Devices.All(device => !device.IsCuda);
        var peak = Process.GetCurrentProcess().PeakWorkingSet64;
        var best = Math.Max(before, GemmBenchmark.BestGigaflops(shape));
        var counted = Enumerable.Range(WarmUp, shape.Steps - WarmUp).Select(step => tokens[step] / seconds[step]).ToList();
        var median = Samples.Median(counted);
        var steps = seconds.Skip(WarmUp).ToList();
        return WireJson.Serialize(new
        {
            tokens_per_second = median,
            best_tokens_per_second = counted.Max(),
            steps_per_second = 1 / Samples.Median(steps),
            best_steps_per_second = 1 / steps.Min(),
            peak_rss_bytes = peak,
            parameters = shape.Config.Parameters,
            bytes_per_parameter = peak / (double)shape.Config.Parameters,
            device = shape.Device.Name,
            gemm_gflops = best,
            mfu = onProcessor ? median * shape.FlopPerToken / (best * 1e9) : (double?)null,
            gemm_availability = probe.Availability,
            numerics,
            loss = losses,
        });
    }

    private static (List<double> Losses, List<double> Seconds, List<int> Tokens) Train(
        BenchmarkShape shape, Func<string, (IDisposable Owner, Func<MicroBatch, double> Step)> open, GemmProbe probe)
    {
        var folder = Directory.CreateTempSubdirectory("finetune-bench-").FullName;
        try
        {
            LlamaInitializer.Write(shape.Config, 1, folder);
            var (owner, train) = open(folder);
            using (owner)
            {
                var (losses, seconds, tokens) = (new List<double>(), new List<double>(), new List<int>());
                for (var step = 0; step < shape.Steps; step++)
                {
                    var sequences = shape.Sequences(step);
                    var batch = MicroBatch.Pad(sequences);
                    var began = Stopwatch.GetTimestamp();
                    losses.Add(train(batch));
                    seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                    tokens.Add(sequences.Sum(sequence => sequence.Length - 1));
                    probe.Measure();
                }

                return (losses, seconds, tokens);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
