using FineTune.Core.Estimates;
using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Tests.Estimates;

public sealed class TrainingPlannerTests
{
    private const long Gib = 1L << 30;

    /// <summary>Llama-3.2-1B.</summary>
    private static readonly ModelShape Billion = new(128256, 2048, 8192, 16, 32, 8, 64, TieWordEmbeddings: true);

    [Fact]
    public void Plan_EnoughMemory_TakesTheWholeBatchAtOnceAndRecomputesNothing()
    {
        var planned = TrainingPlanner.Plan(Work(new(BatchSize: 8)), Device(80)).Unwrap();

        Assert.Equal((8, (bool?)null), (planned.Hyperparameters.MicroBatchSize, planned.Hyperparameters.CheckpointLayers));
    }

    [Fact]
    public void Plan_LessMemory_TakesTheFastestWayThatFits()
    {
        var work = Work(new(BatchSize: 8));
        var ways = new[] { 32, 30, 28, 26, 24 }.Select(gib => (Gib: gib, Plan: TrainingPlanner.Plan(work, Device(gib)).Unwrap())).ToList();

        Assert.All(ways, way => Assert.InRange(way.Plan.Memory.Total, 1, (long)(way.Gib * Gib * TrainingPlanner.UsableShare)));
        Assert.Equal(ways.Select(way => way.Plan.StepSeconds), ways.Select(way => way.Plan.StepSeconds).Order());
        Assert.True(ways[^1].Plan.StepSeconds > ways[0].Plan.StepSeconds);
    }

    [Fact]
    public void Plan_LongContext_RecomputesLayersUnlessTheRequestForbidsIt()
    {
        var work = Work(new(BatchSize: 1), contextLength: 16384);

        Assert.True(TrainingPlanner.Plan(work, Device(28)).Unwrap().Hyperparameters.CheckpointLayers);
        var forbidden = work with { Hyperparameters = work.Hyperparameters with { CheckpointLayers = false } };
        Assert.Contains("hyperparameters.checkpoint_layers true (", TrainingPlanner.Plan(forbidden, Device(28)).Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_NothingFits_NamesWhatWould()
    {
        var refused = TrainingPlanner.Plan(Work(new(BatchSize: 8)), Device(16)).Fault!;

        Assert.Equal(("plan_training", "training_does_not_fit", "hyperparameters"), (refused.Phase, refused.Code, refused.Field));
        Assert.Contains("1,235,814,400 weights in fp32 with contexts of 2048 tokens takes at least 20.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("hyperparameters.precision bf16 (", refused.Message, StringComparison.Ordinal);
        Assert.Contains("hyperparameters.precision bf16_int8 (", refused.Message, StringComparison.Ordinal);
        var enough = int.Parse(refused.Message.Split("a device with at least ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.DoesNotContain("context_length", refused.Message, StringComparison.Ordinal);
        Assert.True(TrainingPlanner.Plan(Work(new(BatchSize: 8)), Device(enough)).Succeeded);
        Assert.False(TrainingPlanner.Plan(Work(new(BatchSize: 8)), Device(enough - 1)).Succeeded);
        Assert.True(TrainingPlanner.Plan(Work(new(BatchSize: 8, Precision: TrainingPrecision.Bf16)), Device(16)).Succeeded);
    }

    [Fact]
    public void Plan_ContextIsWhatIsTooLong_NamesOneThatFits()
    {
        var work = Work(new(BatchSize: 1), contextLength: 131072);
        var refused = TrainingPlanner.Plan(work, Device(24)).Fault!;

        var length = int.Parse(refused.Message.Split("context_length ")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(TrainingPlanner.Plan(work with { ContextLength = length }, Device(24)).Succeeded);
        Assert.False(TrainingPlanner.Plan(work with { ContextLength = 2 * length }, Device(24)).Succeeded);
    }

    [Theory]
    [InlineData(TrainingPrecision.Fp32, 12.0)]
    [InlineData(TrainingPrecision.Bf16, 6.0)]
    [InlineData(TrainingPrecision.Bf16Int8, 4.03)]
    public void Memory_WithoutClipping_IsTheStateAndLittleMore(TrainingPrecision precision, double bytesPerWeight)
    {
        var memory = TrainingMemory.Of(Work(new(BatchSize: 1, MaxGradNorm: 0, Precision: precision, CheckpointLayers: true), 512), Device(24));

        Assert.Equal(0, memory.Gradients);
        Assert.InRange((memory.Weights + memory.Moments) / (double)Billion.Parameters, bytesPerWeight, bytesPerWeight + 0.01);
        Assert.InRange(memory.Engine / (double)Billion.Parameters, bytesPerWeight, bytesPerWeight + 0.5);
    }

    [Fact]
    public void Of_FrozenLayers_NeedNoMomentsAndLessTime()
    {
        var whole = Work(new(BatchSize: 1));
        var part = Work(new(BatchSize: 1, Freeze: ["model.embed_tokens.*", "model.layers.{0..7}.*"]));

        Assert.InRange(TrainingMemory.Of(part, Device(24)).Moments / (double)TrainingMemory.Of(whole, Device(24)).Moments, 0.39, 0.40);
        Assert.InRange(StepTime.Of(part, Device(24)) / StepTime.Of(whole, Device(24)), 0.4, 0.7);
    }

    [Fact]
    public void Estimate_OfTheCatalogue_FitsWhereTheStateFits()
    {
        var shape = ModelCatalogue.Default.Models.Single(model => model.Name == "meta-llama/Meta-Llama-3.1-8B").Shape!;
        var gpus = TrainingEstimate.Of(shape, new HyperparametersRequest(), 4096, 100, 1_000_000, GpuPrice.Default).Gpus;

        Assert.Equal([false, true, true], gpus.Select(gpu => gpu.Fits));
        Assert.Equal(["bf16_int8", "bf16_int8", "bf16_int8"], gpus.Select(gpu => gpu.Precision));
    }

    private static TrainingWork Work(HyperparametersRequest settings, int contextLength = 2048) => new(Billion, contextLength, settings.Resolve(1e-5));

    private static TrainingDevice Device(int gib) => new("a device", gib * Gib, 300e9, 280e9, 100e9, 10e9, 1e9, Threads: 2, ProcessBytes: 160 << 20);
}
