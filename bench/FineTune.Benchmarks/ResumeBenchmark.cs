using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

namespace FineTune.Benchmarks;

/// <summary>A run is stopped after each of its steps and gone on with from the checkpoint: its end must have every bit of the undisturbed one's.</summary>
public static class ResumeBenchmark
{
    private const double LearningRate = 1e-3;

    private static readonly Hyperparameters Settings = new HyperparametersRequest(WeightDecay: 0.1).Resolve(LearningRate);

    /// <returns>The figures, and whether all ends are equal.</returns>
    public static (string Json, bool Identical) Run(BenchmarkShape shape)
    {
        var numerics = TorchRuntime.Start();
        using var folder = new BenchmarkFolder();
        LlamaInitializer.Write(shape.Config, 1, Directory.CreateDirectory(folder["model"]).FullName);
        using (var undisturbed = TrainingEngines.Open(folder["model"], null, Settings))
        {
            for (var step = 0; step < shape.Steps; step++)
            {
                undisturbed.Save(folder[$"step-{step}"]);
                Step(undisturbed, shape);
            }

            undisturbed.Save(folder["end"]);
        }

        var different = new List<int>();
        for (var step = 0; step < shape.Steps; step++)
        {
            using var resumed = TrainingEngines.Open(folder[$"step-{step}"], folder[$"step-{step}"], Settings);
            while (resumed.StepsDone < shape.Steps)
            {
                Step(resumed, shape);
            }

            resumed.Save(folder["resumed"]);
            if (!AreEqual(folder["end"], folder["resumed"]))
            {
                different.Add(step);
            }

            Directory.Delete(folder["resumed"], recursive: true);
        }

        var json = WireJson.Serialize(new
        {
            steps = shape.Steps,
            resumed_from_every_step = true,
            identical = different.Count == 0,
            different_from_steps = different,
            parameters = shape.Config.Parameters,
            numerics,
        });
        return (json, different.Count == 0);
    }

    private static void Step(ITrainingEngine engine, BenchmarkShape shape) =>
        engine.Step([MicroBatch.Pad(shape.Sequences((int)engine.StepsDone))], LearningRate);

    private static bool AreEqual(string left, string right) => Directory.GetFiles(left).All(
        file => File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(right, Path.GetFileName(file)))));
}
