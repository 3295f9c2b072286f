using FineTune.Core.Faults;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;
using TorchSharp;

namespace FineTune.Training.Tests.Engine;

public sealed class ImmediateUpdateTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Fewer labels than the hidden size: the head's gradient is made at once; more: it is added up from chunks of logits.</summary>
    [Theory]
    [InlineData(true, 1, 12)]
    [InlineData(true, 6, 40)]
    [InlineData(false, 1, 12)]
    [InlineData(false, 6, 40)]
    public void Step_WithoutClipping_UpdatesAsFromABuffer(bool tied, int rows, int length)
    {
        // A chunk has at least four million logits, so it takes a large vocabulary to have several.
        var config = TestModels.Tiny with { TieWordEmbeddings = tied, VocabSize = 1 << 16 };
        using var immediate = Open(config, maxGradNorm: 0);
        using var buffered = Open(config, maxGradNorm: 1e9);
        Engines.AssertStepsAgree(buffered, immediate, steps: 3, step => [TestModels.Batch(config, rows, length, seed: step)], loss: 1e-6, norm: 1e-6);
        Assert.Equal(0, Engines.Difference(immediate, buffered), 1e-6);
    }

    [Fact]
    public void Step_GradientNotFinite_EndsTheEngine()
    {
        using var engine = Open(TestModels.Tiny, maxGradNorm: 0);
        using (torch.no_grad())
        using (var norm = Engines.Weight(engine, LlamaWeights.FinalNorm))
        using (var head = Engines.Weight(engine, LlamaWeights.Output))
        {
            // One of these logits is about 1e9, the loss is too; the gradient of the norm's gain is beyond single precision.
            norm.fill_(1e-30f);
            head[0].fill_(float.MaxValue);
            head[1].fill_(float.MinValue);
        }

        MicroBatch[] batch = [MicroBatch.Pad([TestModels.Sequence(TestModels.Tiny, 12, seed: 1, untrained: 11)])];
        Assert.Equal("loss_not_finite", Assert.Throws<FaultException>(() => engine.Step(batch, 1e-3)).Fault.Code);
        Assert.Equal(0, engine.StepsDone);
        Assert.Throws<InvalidOperationException>(() => engine.Step(batch, 1e-3));
        Assert.Throws<InvalidOperationException>(() => engine.Save(folder["checkpoint"]));
    }

    /// <summary>By all threads, and by shards with labels in some rows only.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1, CpuEngine.ShardedWeights)]
    public void Step_CheckpointedLayers_HaveTheSameBits(double maxGradNorm, long shardedWeights)
    {
        var config = TestModels.Tiny with { Layers = 3 };
        TestModels.Write(config, folder["model"]);
        var settings = TestModels.Hyperparameters(maxGradNorm: maxGradNorm);
        using var kept = CpuEngine.Open(folder["model"], null, settings, shardedWeights);
        using var again = CpuEngine.Open(folder["model"], null, settings with { CheckpointLayers = true }, shardedWeights);
        for (var step = 0; step < 3; step++)
        {
            MicroBatch[] batch = [TestModels.Batch(config, rows: 5, length: 40, seed: step)];
            Assert.Equal(kept.Step(batch, 1e-3), again.Step(batch, 1e-3));
        }

        Assert.Equal(0, Engines.Difference(kept, again));
    }

    private CpuEngine Open(LlamaConfig config, double maxGradNorm) => CpuEngine.Open(
        Directory.Exists(folder["model"]) ? folder["model"] : TestModels.Write(config, folder["model"]),
        null,
        TestModels.Hyperparameters(maxGradNorm: maxGradNorm),
        shardedWeights: 0);
}
