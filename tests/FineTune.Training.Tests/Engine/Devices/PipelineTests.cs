using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;
using TorchSharp;

namespace FineTune.Training.Tests.Engine.Devices;

/// <summary>Layers on several logical devices against all of them on one.</summary>
public sealed class PipelineTests : IDisposable
{
    private static readonly LlamaConfig Config = TestModels.TinyLlama3 with { Layers = 4 };
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(2, 1, false, false)]
    [InlineData(2, 5, true, false)]
    [InlineData(3, 2, false, true)]
    [InlineData(4, 7, false, false)]
    [InlineData(4, 7, true, true)]
    public void Gradients_OnSeveralDevices_HaveTheSameBits(int devices, int microBatches, bool tied, bool checkpointing)
    {
        var config = Config with { TieWordEmbeddings = tied };
        using var one = Open(config, 1, checkpointing);
        using var several = Open(config, devices, checkpointing);
        Assert.Equal(devices, several.Stages.Count);

        // Twice: what a step leaves behind must not reach the next one. Sizes differ, so that slots of micro-batches in flight grow.
        for (var step = 0; step < 2; step++)
        {
            MicroBatch[] batches = [.. Enumerable.Range(0, microBatches).Select(i => TestModels.Batch(config, rows: 2 + (i % 3), length: 16 + (4 * i), seed: (10 * step) + i))];
            var expected = one.Gradients(batches);
            var actual = several.Gradients(batches);
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
            Assert.All(expected, weight => Assert.Equal(0, GradientCases.RelativeError(weight.Value, actual[weight.Key]), tied ? 1e-6 : 0));
        }
    }

    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(0, 1, true)]
    [InlineData(1, 3, true)]
    [InlineData(1e-3, 4, false)]
    public void Step_OnThreeDevices_IsTheStepOnOne(double maxGradNorm, int microBatches, bool tied)
    {
        var config = Config with { TieWordEmbeddings = tied };
        using var one = Open(config, 1, maxGradNorm: maxGradNorm);
        using var several = Open(config, 3, maxGradNorm: maxGradNorm);
        Engines.AssertStepsAgree(
            one,
            several,
            steps: 4,
            step => [.. Enumerable.Range(0, microBatches).Select(i => TestModels.Batch(config, rows: 3, length: 20, seed: (10 * step) + i))],
            loss: tied ? 1e-6 : 0,
            norm: 1e-6);
        Assert.Equal(0, Engines.Difference(one, several), 1e-6);
        Assert.Equal(one.Evaluate(TestModels.Batch(config, 3, 30, seed: 1)).LossSum, several.Evaluate(TestModels.Batch(config, 3, 30, seed: 1)).LossSum, 1e-4);
    }

    /// <summary>The embedding, a stage's share of a layer, a whole stage; with the update in the pass and behind it.</summary>
    [Theory]
    [InlineData(0, false, "model.embed_tokens.*", "model.layers.0.*")]
    [InlineData(1, true, "model.embed_tokens.*", "model.layers.{0..1}.*", "model.layers.2.self_attn.k_proj.*")]
    [InlineData(1, true, "model.layers.{1..2}.*")]
    [InlineData(0, false, "model.layers.*", "model.norm.*")]
    public void Step_FrozenWeights_StayAndTheOthersAreTrainedAsOnProcessors(double maxGradNorm, bool tied, params string[] freeze)
    {
        var config = Config with { TieWordEmbeddings = tied };
        TestModels.Write(config, folder["model"]);
        var settings = TestModels.Hyperparameters(maxGradNorm: maxGradNorm) with { Freeze = freeze };
        using var processor = CpuEngine.Open(folder["model"], null, settings);
        using var several = TorchEngine.Open(folder["model"], null, settings, Devices(3));
        Engines.AssertStepsAgree(processor, several, steps: 3, step => [TestModels.Batch(config, rows: 3, length: 20, seed: step)], loss: 1e-5, norm: 1e-4);
        Assert.Equal(0, Engines.Difference(processor, several), 1e-5);
    }

    [Fact]
    public void Checkpoint_OfThreeDevices_GoesOnBitForBitOnThree_AndOnOneWithinRounding()
    {
        var config = Config with { TieWordEmbeddings = true };
        using var undisturbed = Open(config, 3);
        Train(undisturbed, 0, 3);
        undisturbed.Save(folder["middle"]);
        Train(undisturbed, 3, 6);
        undisturbed.Save(folder["end"]);

        using (var resumed = TorchEngine.Open(folder["middle"], folder["middle"], TestModels.Hyperparameters(), Devices(3)))
        {
            Train(resumed, 3, 6);
            resumed.Save(folder["resumed"]);
        }

        foreach (var file in Directory.EnumerateFiles(folder["end"]))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["resumed"], Path.GetFileName(file))));
        }

        using var processor = CpuEngine.Open(folder["middle"], folder["middle"], TestModels.Hyperparameters());
        for (var step = 3; step < 6; step++)
        {
            processor.Step(Batches(step), 1e-3);
        }

        Assert.Equal(0, Engines.Difference(undisturbed, processor), 1e-5);
    }

    [Fact]
    public void Step_OnFourDevices_TakesOnEachTheMemoryOfItsLayers()
    {
        var config = Config with { HiddenSize = 64, IntermediateSize = 192, Layers = 8, VocabSize = 100 };
        var (whole, most) = (Peak(config, 1).Single(), Peak(config, 4).Max());

        // A quarter of the layers each, with activations of up to four micro-batches, and the ends of the model somewhere.
        Assert.InRange(most, whole / 8, whole / 2);
    }

    [Fact]
    public void Step_LossNotFinite_EndsTheStepOnAllDevices()
    {
        using var engine = Open(Config, 3);
        using var untouched = Open(Config, 3);
        var name = LlamaWeights.Name(1, "input_layernorm");
        using var norm = Engines.Weight(engine, name);
        using var before = Engines.Weight(untouched, name);
        using var withoutGradients = torch.no_grad();
        norm.fill_(float.NaN);
        Assert.Equal("loss_not_finite", Assert.Throws<FaultException>(() => engine.Step(Batches(1), 1e-3)).Fault.Code);
        norm.copy_(before);
        Assert.Equal(0, Engines.Difference(engine, untouched));
        Assert.Equal(untouched.Step(Batches(1), 1e-3), engine.Step(Batches(1), 1e-3));
    }

    [Theory]
    [InlineData(1, 1, "0-4")]
    [InlineData(2, 2, "0-2 2-4")]
    [InlineData(3, 3, "0-1 1-3 3-4")]
    [InlineData(9, 4, "0-1 1-2 2-3 3-4")]
    public void Split_LayersAndDevices_BalancesWeights(int devices, int expected, string split)
    {
        // Embedding and head are worth a layer each, so the middle gets more layers.
        var config = Config with { VocabSize = 150 };
        var stages = LayerPartition.Split(config, devices);
        Assert.Equal(expected, stages.Count);
        Assert.Equal(split, string.Join(' ', stages.Select(stage => $"{stage.First}-{stage.End}")));
        Assert.Equal(LlamaWeights.Of(config.Shape).Select(shape => shape.Name), stages.SelectMany(stage => stage.Shapes(config)).Select(shape => shape.Name));
    }

    private static TorchDevice[] Devices(int count) => [.. Enumerable.Range(0, count).Select(i => new TorchDevice(TorchDeviceType.Cpu, i))];

    private static MicroBatch[] Batches(int step) =>
        [.. Enumerable.Range(0, 4).Select(i => TestModels.Batch(Config, rows: 3, length: 20, seed: (10 * step) + i))];

    private static void Train(TorchEngine engine, int first, int end)
    {
        for (var step = first; step < end; step++)
        {
            engine.Step(Batches(step), 1e-3);
        }
    }

    private IEnumerable<long> Peak(LlamaConfig config, int devices)
    {
        using var engine = Open(config, devices);
        MicroBatch[] batches = [.. Enumerable.Range(0, 6).Select(i => TestModels.Batch(config, rows: 1, length: 32, seed: i))];
        engine.Step(batches, 1e-3);
        return [.. engine.Stages.Select(stage => stage.Kernels.Memory.PeakBytes)];
    }

    private TorchEngine Open(LlamaConfig config, int devices, bool checkpointing = false, double maxGradNorm = 1)
    {
        var model = folder[$"model-{config.Layers}-{config.HiddenSize}-{config.TieWordEmbeddings}"];
        Hyperparameters settings = TestModels.Hyperparameters(maxGradNorm: maxGradNorm) with { CheckpointLayers = checkpointing ? true : null };
        return TorchEngine.Open(Directory.Exists(model) ? model : TestModels.Write(config, model), null, settings, Devices(devices));
    }
}
