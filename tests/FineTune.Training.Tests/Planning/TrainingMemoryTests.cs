using FineTune.Core.Estimates;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels.Cpu.Products;
using FineTune.Training.Models;
using FineTune.Training.Numerics;
using FineTune.Training.Planning;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Planning;

/// <summary>The planner's formula is the engine's memory.</summary>
public sealed class TrainingMemoryTests : IDisposable
{
    private const int Context = 128;

    private static readonly LlamaConfig Config = new(2000, 256, 512, 3, 4, 2, 64, Context, TieWordEmbeddings: false);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(TrainingPrecision.Fp32, OptimizerKind.Adamw, false, 0, false)]
    [InlineData(TrainingPrecision.Fp32, OptimizerKind.Lion, true, 0, true)]
    [InlineData(TrainingPrecision.Fp32, OptimizerKind.Adamw, false, 1, true)]
    [InlineData(TrainingPrecision.Bf16, OptimizerKind.Adamw, true, 1, false)]
    [InlineData(TrainingPrecision.Bf16Int8, OptimizerKind.Adamw, false, 0, true)]
    public void Of_AnyWayToTrain_IsWhatTheEngineTakes(TrainingPrecision precision, OptimizerKind optimizer, bool checkpointLayers, double maxGradNorm, bool tied)
    {
        var config = Config with { TieWordEmbeddings = tied };
        var settings = new HyperparametersRequest(
            BatchSize: 2, MaxGradNorm: maxGradNorm, CheckpointLayers: checkpointLayers, Optimizer: optimizer, Precision: precision).Resolve(1e-4);

        var predicted = TrainingMemory.Of(new TrainingWork(config.Shape, Context, settings), Device).Engine;

        Assert.InRange(Taken(config, settings) / (double)predicted, 0.95, 1.05);
    }

    [Fact]
    public void Of_FrozenWeights_IsWhatTheEngineTakes()
    {
        var settings = new HyperparametersRequest(BatchSize: 2, Freeze: ["model.embed_tokens.*", "model.layers.[01].*"]).Resolve(1e-4);

        var predicted = TrainingMemory.Of(new TrainingWork(Config.Shape, Context, settings), Device).Engine;

        Assert.InRange(Taken(Config, settings) / (double)predicted, 0.95, 1.05);
    }

    [Fact]
    public void Measure_ThisMachine_RatesAreNumbersAndThePeakIsThePeak()
    {
        var work = new TrainingWork(TestModels.Tiny.Shape, 32, new HyperparametersRequest(Precision: TrainingPrecision.Bf16).Resolve(1e-4));

        var device = DeviceCalibration.Measure(work, 1L << 30);

        Assert.Equal((1L << 30, TorchRuntime.Start().Threads), (device.MemoryBytes, device.Threads));
        Assert.InRange(device.ProductFlops, 1, device.PeakFlops);
        Assert.All([device.AttentionFlops, device.BytesPerSecond, device.WeightsPerSecond], rate => Assert.True(double.IsFinite(rate) && rate > 0));
        Assert.InRange(StepTime.Of(work, device), 1e-9, 60);
    }

    /// <summary>With one thread, so that small models are not sharded.</summary>
    private static TrainingDevice Device => new("tests", 1L << 40, 1, 1, 1, 1, 1, PacksProducts: PackedProduct.IsPreferred);

    private long Taken(LlamaConfig config, Hyperparameters settings)
    {
        LlamaInitializer.Write(config, 1, Directory.CreateDirectory(folder["model"]).FullName);
        using ITrainingEngine engine = CpuEngine.Open(folder["model"], null, settings, shardedWeights: 0);

        // One more token than inputs: the context is full.
        engine.Step([MicroBatch.Pad([TestModels.Sequence(config, Context + 1, 1), TestModels.Sequence(config, Context + 1, 2)])], 1e-4);
        return engine.MemoryBytes!.Value;
    }
}
