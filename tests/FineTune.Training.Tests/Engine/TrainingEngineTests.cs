using FineTune.Core.Faults;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;
using TorchSharp;

namespace FineTune.Training.Tests.Engine;

/// <summary>What every engine does.</summary>
public abstract class TrainingEngineTests : IAsyncDisposable
{
    private static readonly LlamaConfig Config = TestModels.TinyLlama3;
    private readonly string engineName;
    private readonly TempFolder folder = new();

    protected TrainingEngineTests(string engineName)
    {
        this.engineName = engineName;
        TestModels.Write(Config, folder["model"]);
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Step_PromptsAndPadding_LossIsTheReferencesMeanOverTrainedTokens()
    {
        using var engine = Open();
        var sequences = TestModels.Sequences(Config, rows: 5, length: 20, seed: 1);
        var result = engine.Step([MicroBatch.Pad(sequences)], 1e-3);
        Assert.Equal(new ReferenceLlama(Config).Loss(sequences), result.Loss, 1e-5);
        Assert.Equal(sequences.Sum(sequence => sequence.TrainedCount), result.TrainedTokens);
    }

    [Fact]
    public void Step_SplitIntoMicroBatches_EqualsTheBigBatch()
    {
        using var whole = Open();
        using var split = Open();
        for (var step = 0; step < 3; step++)
        {
            // Rows carry different numbers of trained tokens, so a mean of means would differ.
            var sequences = TestModels.Sequences(Config, rows: 7, length: 24, seed: step);
            var big = whole.Step([MicroBatch.Pad(sequences)], 1e-3);
            var small = split.Step([.. sequences.Chunk(2).Select(chunk => MicroBatch.Pad(chunk))], 1e-3);
            Assert.Equal(big.Loss, small.Loss, 1e-5);
            Assert.Equal(1, small.GradientNorm / big.GradientNorm, 1e-5);
        }

        Assert.Equal(0, Engines.Difference(whole, split), 1e-5);
    }

    [Fact]
    public void Step_OneBatchRepeated_IsLearntByHeart()
    {
        using var engine = Open();
        var batch = MicroBatch.Pad(TestModels.Sequences(Config, rows: 4, length: 12, seed: 1));
        var loss = double.MaxValue;
        for (var step = 0; step < 400 && loss >= 0.01; step++)
        {
            loss = engine.Step([batch], 1e-2).Loss;
        }

        Assert.True(loss < 0.01, $"The loss stayed at {loss}.");
    }

    [Fact]
    public void Step_Twice_IsDeterministic()
    {
        using var first = Open();
        using var second = Open();
        foreach (var engine in new[] { first, second })
        {
            for (var step = 0; step < 5; step++)
            {
                engine.Step([TestModels.Batch(Config, rows: 8, length: 40, seed: step)], 1e-3);
            }
        }

        Assert.Equal(0, Engines.Difference(first, second));
    }

    [Fact]
    public void Step_LossNotFinite_IsAFaultThatNamesTheStepAndLeavesTheWeights()
    {
        using var engine = Open();
        using var untouched = Open();
        using var norm = Engines.Weight(engine, LlamaWeights.Name(1, "input_layernorm"));
        using var before = Engines.Weight(untouched, LlamaWeights.Name(1, "input_layernorm"));
        using (torch.no_grad())
        {
            norm.fill_(float.NaN);
        }

        var fault = Assert.Throws<FaultException>(() => engine.Step([TestModels.Batch(Config, 2, 12, seed: 1)], 1e-3)).Fault;
        Assert.Equal("loss_not_finite", fault.Code);
        Assert.Contains("Step 1", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, engine.StepsDone);
        using (torch.no_grad())
        {
            norm.copy_(before);
        }

        Assert.Equal(0, Engines.Difference(engine, untouched));
        Assert.All(LlamaWeights.Of(Config.Shape), shape =>
        {
            using var weight = Engines.Weight(engine, shape.Name);
            Assert.Null(weight.grad);
        });
    }

    [Theory]
    [InlineData(37)]
    [InlineData(-1)]
    public void Step_TokenOutsideTheVocabulary_IsAFault(int token)
    {
        using var engine = Open();
        var batch = new MicroBatch(1, 2, [1, token], [3, 4]);
        Assert.Equal("token_out_of_range", Assert.Throws<FaultException>(() => engine.Step([batch], 1e-3)).Fault.Code);
    }

    [Fact]
    public void Step_NothingToTrain_IsAFault()
    {
        using var engine = Open();
        var batch = new MicroBatch(1, 2, [1, 2], [MicroBatch.Ignored, MicroBatch.Ignored]);
        Assert.Equal("no_trained_tokens", Assert.Throws<FaultException>(() => engine.Step([batch], 1e-3)).Fault.Code);
    }

    [Fact]
    public void Evaluate_Batch_AgreesWithTheReferenceAndChangesNothing()
    {
        using var engine = Open();
        using var untouched = Open();
        var sequences = TestModels.Sequences(Config, rows: 3, length: 20, seed: 2);
        var sums = engine.Evaluate(MicroBatch.Pad(sequences));
        var reference = new ReferenceLlama(Config);
        var correct = sequences.Sum(sequence => reference.Logits(sequence.Tokens[..^1])
            .Where((scores, i) => sequence.Trained[i + 1] && Array.IndexOf(scores, scores.Max()) == sequence.Tokens[i + 1]).Count());
        Assert.Equal(reference.Loss(sequences), sums.LossSum / sums.Tokens, 1e-5);
        Assert.Equal(correct, sums.Correct);
        Assert.Equal(0, Engines.Difference(engine, untouched));
    }

    [Fact]
    public void Step_ManySteps_LeaveNoTensorBehind()
    {
        using var engine = Open();
        var batch = TestModels.Batch(Config, rows: 4, length: 24, seed: 1);
        MicroBatch[] step = [batch, batch];
        engine.Step(step, 1e-3);
        engine.Evaluate(batch);
        var before = LiveTensors();
        for (var i = 0; i < 5; i++)
        {
            engine.Step(step, 1e-3);
            engine.Evaluate(batch);
        }

        Assert.Equal(before, LiveTensors());
    }

    private static long LiveTensors() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    private ITrainingEngine Open() => Engines.Open(engineName, folder["model"], null, TestModels.Hyperparameters());
}
