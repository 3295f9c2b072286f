using System.Diagnostics;
using FineTune.Core.Estimates;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Numerics;
using FineTune.Training.Planning;

namespace FineTune.Benchmarks;

/// <summary>The planner's prediction beside what training then takes.</summary>
public static class PlanBenchmark
{
    private const int WarmUp = 2;
    private const double LearningRate = 1e-4;

    public static string Run(BenchmarkShape shape)
    {
        TorchRuntime.Start(NumericsSettings.Detect() with { Threads = shape.Threads });
        var settings = new HyperparametersRequest(
            BatchSize: shape.Batch,
            MaxGradNorm: shape.Clip ? 1 : 0,
            CheckpointLayers: shape.CheckpointLayers,
            Precision: shape.Precision == "bf16int8" ? TrainingPrecision.Bf16Int8 : Enum.Parse<TrainingPrecision>(shape.Precision, ignoreCase: true))
            .Resolve(LearningRate);
        var work = new TrainingWork(shape.Config.Shape, shape.Context, settings);
        var began = Stopwatch.GetTimestamp();
        var device = DeviceCalibration.Measure(work, FreeMemory.Limit);
        var calibration = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var planned = TrainingPlanner.Plan(work, device);
        var memory = TrainingMemory.Of(work, device);
        var seconds = StepTime.Of(work, device);
        var processor = StepTime.Of(work, DeviceCalibration.Measure(work, FreeMemory.Limit, () => ProcessorSeconds(shape)));
        var measured = shape.Steps == 0 ? null : Measure(shape, settings);
        return WireJson.Serialize(new
        {
            parameters = shape.Config.Parameters,
            device,
            calibration_seconds = calibration,
            fits = planned.Succeeded,
            refusal = planned.Fault?.Message,
            micro_batch = planned.Value?.Hyperparameters.MicroBatchSize,
            predicted = memory,
            predicted_bytes = memory.Total,
            measured_bytes = measured?.PeakBytes,
            memory_ratio = memory.Total / (double?)measured?.PeakBytes,
            predicted_engine_bytes = memory.Engine,
            measured_engine_bytes = measured?.EngineBytes,
            predicted_step_seconds = seconds,
            measured_step_seconds = measured?.MedianSeconds,
            best_step_seconds = measured?.BestSeconds,
            time_ratio = seconds / measured?.MedianSeconds,
            time_ratio_best = seconds / measured?.BestSeconds,
            predicted_processor_seconds = processor,
            measured_processor_seconds = measured?.ProcessorSeconds,
            processor_ratio = processor / measured?.ProcessorSeconds,
        });
    }

    private static Measured Measure(BenchmarkShape shape, Hyperparameters settings)
    {
        using var folder = new BenchmarkFolder();
        LlamaInitializer.Write(shape.Config, 1, Directory.CreateDirectory(folder["model"]).FullName);

        // Forgets the peak of what was before.
        File.WriteAllText("/proc/self/clear_refs", "5");
        using ITrainingEngine engine = CpuEngine.Open(folder["model"], null, settings);
        var (seconds, processor) = (new List<double>(), new List<double>());
        for (var step = 0; step < shape.Steps; step++)
        {
            var batch = MicroBatch.Pad(shape.Sequences(step));
            var (began, busy) = (Stopwatch.GetTimestamp(), ProcessorSeconds(shape));
            engine.Step([batch], LearningRate);
            processor.Add(ProcessorSeconds(shape) - busy);
            seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        double[] counted = [.. seconds.Skip(WarmUp)];
        return new Measured(
            Process.GetCurrentProcess().PeakWorkingSet64,
            engine.MemoryBytes ?? 0,
            Samples.Median(counted),
            counted.Min(),
            Samples.Median([.. processor.Skip(WarmUp)]));
    }

    /// <summary>Time on the processors, by the number of threads: what a step would take if it had them for itself.</summary>
    private static double ProcessorSeconds(BenchmarkShape shape)
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds / shape.Threads;
    }

    private sealed record Measured(long PeakBytes, long EngineBytes, double MedianSeconds, double BestSeconds, double ProcessorSeconds);
}
