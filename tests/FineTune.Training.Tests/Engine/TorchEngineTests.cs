using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class TorchEngineTests() : TrainingEngineTests(Engines.Torch)
{
    private static readonly LlamaConfig Config = TestModels.TinyLlama3;

    /// <summary>Every way of the kernels that a processor can go.</summary>
    public static TheoryData<string, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var shape in GradientCases.Shapes)
            {
                data.Add(shape, false);
                data.Add(shape, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_AgainstDoublePrecision_AgreeByParameter(string shape, bool asOnGpus)
    {
        var config = GradientCases.Config(shape);
        using var folder = new TempFolder();
        using var engine = TorchEngine.Open(
            TestModels.Write(config, folder["model"]), null, TestModels.Hyperparameters(), [TorchDevice.Cpu], Methods(asOnGpus));
        GradientCases.AssertExact(config, engine.Gradients);
    }

    [Fact]
    public void Gradients_OneSequenceAtATime_EqualThePackedOnes()
    {
        using var folder = new TempFolder();
        using var engine = Open(Config, folder, 1);
        var sequences = TestModels.Sequences(Config, rows: 7, length: 70, seed: 3);
        var packed = engine.Gradients([MicroBatch.Pad(sequences)]);
        var single = engine.Gradients([.. sequences.Select(sequence => MicroBatch.Pad([sequence], multiple: 1))]);
        Assert.All(packed, weight => Assert.Equal(0, GradientCases.RelativeError(weight.Value, single[weight.Key]), GradientCases.Tolerance));
    }

    [Fact]
    public void Step_ThirtySteps_AgreeWithAutograd()
    {
        using var folder = new TempFolder();
        using var engine = Open(Config, folder, 1);
        using var oracle = AutogradEngine.Open(folder["model"], null, TestModels.Hyperparameters());
        Engines.AssertStepsAgree(
            oracle,
            engine,
            steps: 30,
            step => [TestModels.Batch(Config, rows: 6, length: 24, seed: step), TestModels.Batch(Config, rows: 2, length: 40, seed: 99 + step)],
            loss: 1e-5,
            norm: 1e-4);
        Assert.Equal(0, Engines.Difference(engine, oracle), 1e-4);
    }

    [Theory]
    [InlineData(true, 1, 12)]
    [InlineData(false, 6, 40)]
    public void Step_WithoutClipping_UpdatesAsFromABuffer(bool tied, int rows, int length)
    {
        // Its head's gradient is made in tiles, in which some tokens' rows are not.
        var config = TestModels.Tiny with { TieWordEmbeddings = tied, VocabSize = 1 << 17 };
        using var folder = new TempFolder();
        using var immediate = Open(config, folder, maxGradNorm: 0);
        using var buffered = Open(config, folder, maxGradNorm: 1e9);
        Engines.AssertStepsAgree(buffered, immediate, steps: 2, step => [TestModels.Batch(config, rows, length, seed: step)], loss: 1e-6, norm: 1e-6);
        Assert.Equal(0, Engines.Difference(immediate, buffered), 1e-6);
    }

    [Theory]
    [InlineData(TrainingPrecision.Bf16, OptimizerKind.Adamw)]
    [InlineData(TrainingPrecision.Bf16Int8, OptimizerKind.Adamw)]
    [InlineData(TrainingPrecision.Bf16Int8, OptimizerKind.Lion)]
    public void Open_CheckpointInACompactPrecision_GoesOnBitForBit(TrainingPrecision precision, OptimizerKind optimizer)
    {
        using var folder = new TempFolder();
        var settings = TestModels.Hyperparameters() with { Precision = precision, Optimizer = optimizer };
        using (var engine = TorchEngine.Open(TestModels.Write(Config, folder["model"]), null, settings, [TorchDevice.Cpu]))
        {
            Train(engine, 0, 3);
            engine.Save(folder["middle"]);
            Train(engine, 3, 6);
            engine.Save(folder["undisturbed"]);
        }

        using (var resumed = TorchEngine.Open(folder["middle"], folder["middle"], settings, [TorchDevice.Cpu]))
        {
            Train(resumed, 3, 6);
            resumed.Save(folder["resumed"]);
        }

        Engines.AssertSameFiles(folder["undisturbed"], folder["resumed"]);
    }

    /// <summary>Products of bfloat16, as tensor cores have them, are not exact, but learn as well.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Step_OneBatchRepeatedInBFloat_IsLearnt(bool asOnGpus)
    {
        using var folder = new TempFolder();
        var settings = TestModels.Hyperparameters() with { Precision = TrainingPrecision.Bf16 };
        using var engine = TorchEngine.Open(TestModels.Write(Config, folder["model"]), null, settings, [TorchDevice.Cpu], Methods(asOnGpus) with { NarrowProducts = asOnGpus });
        var batch = MicroBatch.Pad(TestModels.Sequences(Config, rows: 4, length: 12, seed: 1));
        var first = engine.Step([batch], 1e-2).Loss;
        var loss = first;
        for (var step = 0; step < 300 && loss > first / 10; step++)
        {
            loss = engine.Step([batch], 1e-2).Loss;
        }

        Assert.True(loss <= first / 10, $"The loss went from {first} to {loss} only.");
    }

    [Theory]
    [InlineData(TrainingPrecision.Fp32)]
    [InlineData(TrainingPrecision.Bf16)]
    public void OpenDecoder_BehindSteps_ScoresAsTheModelItSaves(TrainingPrecision precision)
    {
        using var folder = new TempFolder();
        var settings = TestModels.Hyperparameters() with { Precision = precision };
        using var engine = TorchEngine.Open(TestModels.Write(Config, folder["model"]), null, settings, [TorchDevice.Cpu]);
        Train(engine, 0, 2);
        engine.Save(folder["saved"]);
        using var saved = CpuEngine.Open(folder["saved"], null, TestModels.Hyperparameters());
        using var expected = saved.OpenDecoder(32);
        using var actual = engine.OpenDecoder(32);
        float[] scores = [.. expected.Read([3, 1, 4])];
        Assert.All(scores.Zip(actual.Read([3, 1, 4]).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    private static TorchMethods Methods(bool asOnGpus) => asOnGpus
        ? new TorchMethods(TorchAttentionMethod.Plain, NarrowProducts: false, SortedScatter: true)
        : TorchMethods.For(TorchDevice.Cpu, TrainingPrecision.Fp32);

    private static TorchEngine Open(LlamaConfig config, TempFolder folder, double maxGradNorm) => TorchEngine.Open(
        Directory.Exists(folder["model"]) ? folder["model"] : TestModels.Write(config, folder["model"]),
        null,
        TestModels.Hyperparameters(maxGradNorm: maxGradNorm),
        [TorchDevice.Cpu]);

    private static void Train(TorchEngine engine, int first, int end)
    {
        for (var step = first; step < end; step++)
        {
            engine.Step([TestModels.Batch(Config, rows: 4, length: 20, seed: step)], 1e-3);
        }
    }
}
