using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class PrecisionTests : IDisposable
{
    private static readonly LlamaConfig Config = TestModels.Tiny;
    private readonly TempFolder folder = new();

    public PrecisionTests() => TestModels.Write(Config, folder["model"]);

    public static MatrixTheoryData<TrainingPrecision, OptimizerKind> Forms { get; } =
        new(Enum.GetValues<TrainingPrecision>(), Enum.GetValues<OptimizerKind>());

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public void Step_OneBatchRepeated_IsLearnt(TrainingPrecision precision, OptimizerKind optimizer)
    {
        using var engine = Open(precision, optimizer);
        var batch = MicroBatch.Pad(TestModels.Sequences(Config, rows: 4, length: 12, seed: 1));
        var first = engine.Step([batch], Rate(optimizer)).Loss;
        var loss = first;
        for (var step = 0; step < 300 && loss > first / 10; step++)
        {
            loss = engine.Step([batch], Rate(optimizer)).Loss;
        }

        Assert.True(loss <= first / 10, $"The loss went from {first} to {loss} only.");
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Open_Checkpoint_GoesOnBitForBit(TrainingPrecision precision, OptimizerKind optimizer)
    {
        using (var engine = Open(precision, optimizer))
        {
            Train(engine, 0, 3, optimizer);
            engine.Save(folder["middle"]);
            Train(engine, 3, 6, optimizer);
            engine.Save(folder["undisturbed"]);
        }

        using (var resumed = CpuEngine.Open(folder["middle"], folder["middle"], Settings(precision, optimizer)))
        {
            Train(resumed, 3, 6, optimizer);
            resumed.Save(folder["resumed"]);
        }

        Engines.AssertSameFiles(folder["undisturbed"], folder["resumed"]);
    }

    [Theory]
    [InlineData(TrainingPrecision.Bf16)]
    [InlineData(TrainingPrecision.Bf16Int8)]
    public void Step_UpdatedInTheBackwardPass_IsTheSameStep(TrainingPrecision precision)
    {
        var settings = Settings(precision, OptimizerKind.Adamw) with { MaxGradNorm = 0 };
        using var immediate = CpuEngine.Open(folder["model"], null, settings, shardedWeights: 0);
        using var atTheEnd = CpuEngine.Open(folder["model"], null, settings with { MaxGradNorm = 1e9 }, shardedWeights: 0);
        foreach (var engine in new[] { immediate, atTheEnd })
        {
            Train(engine, 0, 4, OptimizerKind.Adamw);
        }

        var batch = TestModels.Batch(Config, rows: 3, length: 20, seed: 9);
        Assert.Equal(atTheEnd.Evaluate(batch).LossSum, immediate.Evaluate(batch).LossSum);
    }

    [Fact]
    public void Evaluate_BFloatWeights_IsCloseToSinglePrecision()
    {
        using var single = Open(TrainingPrecision.Fp32, OptimizerKind.Adamw);
        using var half = Open(TrainingPrecision.Bf16, OptimizerKind.Adamw);
        var batch = TestModels.Batch(Config, rows: 8, length: 40, seed: 3);

        Assert.Equal(1, half.Evaluate(batch).LossSum / single.Evaluate(batch).LossSum, 0.01);
        Assert.NotEqual(single.Evaluate(batch).LossSum, half.Evaluate(batch).LossSum);
    }

    [Fact]
    public void OpenDecoder_BFloatWeights_ScoresAsTheModelItSaves()
    {
        using var engine = Open(TrainingPrecision.Bf16, OptimizerKind.Adamw);
        Train(engine, 0, 2, OptimizerKind.Adamw);
        engine.Save(folder["saved"]);
        using var saved = CpuEngine.Open(folder["saved"], null, Settings(TrainingPrecision.Fp32, OptimizerKind.Adamw));
        using var half = engine.OpenDecoder(32);
        using var single = saved.OpenDecoder(32);
        float[] expected = [.. single.Read([3, 1, 4])];
        float[] actual = [.. half.Read([3, 1, 4])];
        float[] expectedNext = [.. single.Read([15])];
        float[] actualNext = [.. half.Read([15])];

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.All(expectedNext.Zip(actualNext), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Open_CheckpointOfAnotherPrecision_IsRefused()
    {
        using (var engine = Open(TrainingPrecision.Bf16, OptimizerKind.Adamw))
        {
            engine.Save(folder["half"]);
        }

        var refused = Assert.Throws<FaultException>(
            () => CpuEngine.Open(folder["half"], folder["half"], Settings(TrainingPrecision.Bf16Int8, OptimizerKind.Adamw)));

        Assert.Equal("checkpoint_invalid", refused.Fault.Code);
        Assert.Contains("precision and optimizer must be those of the checkpoint", refused.Fault.Message, StringComparison.Ordinal);
    }

    private static Hyperparameters Settings(TrainingPrecision precision, OptimizerKind optimizer) =>
        TestModels.Hyperparameters() with { Precision = precision, Optimizer = optimizer };

    private static double Rate(OptimizerKind optimizer) => optimizer == OptimizerKind.Lion ? 2e-3 : 1e-2;

    private static void Train(CpuEngine engine, int first, int end, OptimizerKind optimizer)
    {
        for (var step = first; step < end; step++)
        {
            engine.Step([TestModels.Batch(Config, rows: 4, length: 20, seed: step)], Rate(optimizer));
        }
    }

    private CpuEngine Open(TrainingPrecision precision, OptimizerKind optimizer) =>
        CpuEngine.Open(folder["model"], null, Settings(precision, optimizer));
}
