using System.Runtime.CompilerServices;
using FineTune.Training.Engine;
using FineTune.Training.Numerics;

// libtorch spreads each test over all cores by itself.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace FineTune.Training.Tests.Support;

/// <summary>Pins the numerics before any test touches libtorch; also the second process of the two-process test.</summary>
internal static class TestProcess
{
    /// <summary>When set to an engine and two directories, this program trains ten steps from the model in the first, saves to the second
    /// and ends.</summary>
    public const string TrainVariable = "FINETUNE_TEST_TRAIN";

    [ModuleInitializer]
    public static void Start()
    {
        TorchRuntime.Start(NumericsSettings.Detect() with { Threads = 2 });
        if (Environment.GetEnvironmentVariable(TrainVariable)?.Split(Path.PathSeparator) is [var engine, var model, var checkpoint])
        {
            Train(engine, model, checkpoint);
            Environment.Exit(0);
        }
    }

    public static void Train(string engineName, string model, string checkpoint)
    {
        using var engine = Engines.Open(engineName, model, null, TestModels.Hyperparameters());
        for (var step = 0; step < 10; step++)
        {
            engine.Step([TestModels.Batch(engine.Config, rows: 8, length: 48, seed: step)], 1e-3);
        }

        engine.Save(checkpoint);
    }
}
