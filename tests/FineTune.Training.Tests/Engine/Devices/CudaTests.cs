using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine.Devices;

/// <summary>What only a GPU can show; see eng/Gpu.runsettings.</summary>
[Trait("Device", "cuda")]
public sealed class CudaTests : IDisposable
{
    private static readonly TorchDevice[] First = [new TorchDevice(TorchDeviceType.Cuda, 0)];
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Shapes => [.. GradientCases.Shapes];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_SinglePrecision_AgreeWithDoublePrecision(string shape)
    {
        var config = GradientCases.Config(shape);
        using var engine = TorchEngine.Open(TestModels.Write(config, folder["model"]), null, TestModels.Hyperparameters(), First);
        GradientCases.AssertExact(config, engine.Gradients);
    }

    /// <summary>Flash attention over segments of variable length, and products on tensor cores.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public void Gradients_BFloat_AreThoseOfDoublePrecisionToItsDigits(int headDimension)
    {
        var config = TestModels.Tiny with { HeadDimension = headDimension, HiddenSize = 64, IntermediateSize = 96 };
        using var engine = TorchEngine.Open(
            TestModels.Write(config, folder["model"]), null, TestModels.Hyperparameters() with { Precision = TrainingPrecision.Bf16 }, First);
        var sequences = GradientCases.Sequences(config);
        var expected = new DoubleLlama(config).Differentiate(sequences).Gradients;
        var actual = engine.Gradients([MicroBatch.Pad(sequences)]);
        Assert.All(expected, weight => Assert.Equal(0, GradientCases.RelativeError(weight.Value, actual[weight.Key]), 0.05));
    }

    /// <summary>In bfloat16 the gradient of flash attention is added up in an order that varies.</summary>
    [Fact]
    public void Step_TwiceInSinglePrecision_IsDeterministic()
    {
        foreach (var name in new[] { "first", "second" })
        {
            using var engine = Open(TrainingPrecision.Fp32, First);
            Train(engine);
            engine.Save(folder[name]);
        }

        Engines.AssertSameFiles(folder["first"], folder["second"]);
    }

    [Theory]
    [InlineData(TrainingPrecision.Bf16)]
    [InlineData(TrainingPrecision.Bf16Int8)]
    public void Step_OneBatchRepeatedInBFloat_IsLearnt(TrainingPrecision precision)
    {
        using var engine = Open(precision, First);
        MicroBatch[] batch = [TestModels.Batch(engine.Config, rows: 4, length: 12, seed: 1)];
        var first = engine.Step(batch, 1e-2).Loss;
        var loss = first;
        for (var step = 0; step < 300 && loss > first / 10; step++)
        {
            loss = engine.Step(batch, 1e-2).Loss;
        }

        Assert.True(loss <= first / 10, $"The loss went from {first} to {loss} only.");
    }

    [Fact]
    public void Step_SinglePrecision_IsTheProcessors()
    {
        using var gpu = Open(TrainingPrecision.Fp32, First);
        using var processor = CpuEngine.Open(folder["model"], null, gpu.Hyperparameters);
        for (var step = 0; step < 10; step++)
        {
            MicroBatch[] batch = [TestModels.Batch(gpu.Config, rows: 4, length: 40, seed: step)];
            Assert.Equal(processor.Step(batch, 1e-3).Loss, gpu.Step(batch, 1e-3).Loss, 1e-4);
        }
    }

    /// <summary>Both stages on one GPU, so that one is enough.</summary>
    [Fact]
    public void Step_TwoStages_IsTheStepOfOne()
    {
        using var one = Open(TrainingPrecision.Bf16, First);
        using var two = Open(TrainingPrecision.Bf16, [First[0], First[0]]);
        for (var step = 0; step < 3; step++)
        {
            MicroBatch[] batches = [.. Enumerable.Range(0, 4).Select(i => TestModels.Batch(one.Config, rows: 4, length: 40, seed: (10 * step) + i))];
            Assert.Equal(one.Step(batches, 1e-3).Loss, two.Step(batches, 1e-3).Loss, 1e-2);
        }
    }

    private static void Train(TorchEngine engine)
    {
        for (var step = 0; step < 4; step++)
        {
            engine.Step([TestModels.Batch(engine.Config, rows: 6, length: 40, seed: step)], 1e-3);
        }
    }

    private TorchEngine Open(TrainingPrecision precision, IReadOnlyList<TorchDevice> devices) => TorchEngine.Open(
        Directory.Exists(folder["model"]) ? folder["model"] : TestModels.Write(TestModels.TinyLlama3, folder["model"]),
        null,
        TestModels.Hyperparameters() with { Precision = precision },
        devices);
}
