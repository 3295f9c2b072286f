using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class CpuEngineTests() : TrainingEngineTests(Engines.Cpu)
{
    private static readonly LlamaConfig Config = TestModels.TinyLlama3;

    /// <summary>The two ways to use the threads.</summary>
    public static TheoryData<string, long> Cases
    {
        get
        {
            var data = new TheoryData<string, long>();
            foreach (var shape in GradientCases.Shapes)
            {
                data.Add(shape, CpuEngine.ShardedWeights);
                data.Add(shape, 0);
            }

            return data;
        }
    }

    [Fact]
    public void DoubleLlama_AgainstPlainLoops_HasTheSameLoss()
    {
        var sequences = TestModels.Sequences(Config, rows: 3, length: 20, seed: 1);
        Assert.Equal(new ReferenceLlama(Config).Loss(sequences), new DoubleLlama(Config).Differentiate(sequences).Loss, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_AgainstDoublePrecision_AgreeByParameter(string shape, long shardedWeights)
    {
        var config = GradientCases.Config(shape);
        using var folder = new TempFolder();
        using var engine = Open(config, folder, shardedWeights);
        GradientCases.AssertExact(config, engine.Gradients);
    }

    [Fact]
    public void Gradients_OneSequenceAtATime_EqualThePackedOnes()
    {
        using var folder = new TempFolder();
        using var engine = Open(Config, folder, CpuEngine.ShardedWeights);
        var sequences = TestModels.Sequences(Config, rows: 7, length: 70, seed: 3);
        var packed = engine.Gradients([MicroBatch.Pad(sequences)]);
        var single = engine.Gradients([.. sequences.Select(sequence => MicroBatch.Pad([sequence], multiple: 1))]);
        Assert.All(packed, weight => Assert.Equal(0, GradientCases.RelativeError(weight.Value, single[weight.Key]), GradientCases.Tolerance));
    }

    [Fact]
    public void Gradients_OtherTokensInThePadding_AreTheSameBits()
    {
        using var folder = new TempFolder();
        using var engine = Open(Config, folder, CpuEngine.ShardedWeights);
        var batch = TestModels.Batch(Config, rows: 5, length: 30, seed: 3);
        var padded = new MicroBatch(5, batch.Length + 8, new int[5 * (batch.Length + 8)], new int[5 * (batch.Length + 8)]);
        Array.Fill(padded.Inputs, 5);
        Array.Fill(padded.Labels, MicroBatch.Ignored);
        for (var row = 0; row < 5; row++)
        {
            Array.Copy(batch.Inputs, row * batch.Length, padded.Inputs, row * padded.Length, batch.Length);
            Array.Copy(batch.Labels, row * batch.Length, padded.Labels, row * padded.Length, batch.Length);
        }

        var expected = engine.Gradients([batch]);
        Assert.All(engine.Gradients([padded]), weight => Assert.Equal(expected[weight.Key], weight.Value));
    }

    [Theory]
    [InlineData(CpuEngine.ShardedWeights)]
    [InlineData(0)]
    public void Step_ThirtySteps_AgreeWithAutograd(long shardedWeights)
    {
        using var folder = new TempFolder();
        using var engine = Open(Config, folder, shardedWeights);
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

    private static CpuEngine Open(LlamaConfig config, TempFolder folder, long shardedWeights) =>
        CpuEngine.Open(TestModels.Write(config, folder["model"]), null, TestModels.Hyperparameters(), shardedWeights);
}
