using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Core.Training.Packing;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

/// <summary>A packed context trains as its sequences do each alone.</summary>
public sealed class PackedTrainingTests : IDisposable
{
    private const int Context = 48;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Evaluate_PackedContext_LossOfEachSequenceIsThatAlone(bool tied)
    {
        using var engine = Open(tied);
        var sequences = Sequences(tied);
        var alone = sequences.Select(sequence => engine.Evaluate(MicroBatch.Pad([sequence]))).ToList();
        var packed = engine.Evaluate(MicroBatch.Pad(sequences));
        Assert.Equal(alone.Sum(one => one.LossSum), packed.LossSum, 1e-5 * packed.LossSum);
        Assert.Equal(alone.Sum(one => one.Tokens), packed.Tokens);

        // A sequence's own loss within the context: what is missing when it carries no labels.
        foreach (var (index, sequence) in sequences.Index())
        {
            var others = sequences.Select((other, at) => at == index ? other with { Trained = new bool[other.Length] } : other).ToList();
            var own = packed.LossSum - engine.Evaluate(MicroBatch.Pad(others)).LossSum;
            Assert.Equal(alone[index].LossSum / alone[index].Tokens, own / sequence.TrainedCount, 1e-5);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_PackedContext_AreTheMeanOfEachSequenceAlone(bool tied)
    {
        using var engine = Open(tied);
        var sequences = Sequences(tied);
        double total = sequences.Sum(sequence => sequence.TrainedCount);
        var packed = engine.Gradients([MicroBatch.Pad(sequences)]);
        var alone = sequences.Select(sequence => (Share: sequence.TrainedCount / total, Gradients: engine.Gradients([MicroBatch.Pad([sequence])]))).ToList();
        foreach (var (name, gradient) in packed)
        {
            var expected = Enumerable.Range(0, gradient.Length).Select(i => alone.Sum(one => one.Share * one.Gradients[name][i])).ToList();
            var (error, norm) = (gradient.Zip(expected, (x, y) => Math.Pow(x - y, 2)).Sum(), expected.Sum(value => value * value));
            Assert.True(Math.Sqrt(error / norm) < 1e-5, $"{name}: {Math.Sqrt(error / norm):E1}");
        }
    }

    [Fact]
    public void BatchOf_PackedBatch_TrainsOnTheLabelsOfItsExamples()
    {
        var config = TestModels.Tiny;
        var sequences = Enumerable.Range(0, 60)
            .Select(index => TestModels.Sequence(config, 4 + (index * 7 % 30), seed: index, untrained: 1 + (index % 3))).ToList();
        var bins = new SequencePacker([.. sequences.Select(sequence => sequence.Length)], Context).Bins;
        var hyperparameters = new HyperparametersRequest(BatchSize: 5).Resolve(1e-3);
        var plan = new TrainingPlan(hyperparameters, BatchSampler.StepsPerEpoch(bins, 5), TotalSteps: 100, Context, Seed: 3);
        var sampler = new BatchSampler(plan, new ListSource(sequences));
        using var packed = new PackedBatch();
        var trained = new List<string>();
        for (var step = 0; step < plan.StepsPerEpoch; step++)
        {
            var batch = MicroBatch.Pad([.. sampler.BatchOf(step).SelectMany(bin => bin).Select(index => sequences[index])]);
            packed.Pack(batch, new int[batch.Rows], 0);
            trained.AddRange(Labels(packed));
        }

        Assert.Equal(sequences.SelectMany(Labels).Order(), trained.Order());
    }

    /// <summary>Every label with all tokens before it.</summary>
    private static IEnumerable<string> Labels(TokenSequence sequence) => Enumerable.Range(1, sequence.Length - 1)
        .Where(at => sequence.Trained[at])
        .Select(at => $"{string.Join(' ', sequence.Tokens[..at])} → {sequence.Tokens[at]}");

    private static unsafe List<string> Labels(PackedBatch packed)
    {
        var labels = new List<string>();
        for (var i = 0; i < packed.LabelCount; i++)
        {
            var row = packed.Labelled[i];
            var before = new ReadOnlySpan<int>(packed.Tokens + row - packed.Positions[row], packed.Positions[row] + 1);
            labels.Add($"{string.Join(' ', before.ToArray())} → {packed.Labels[i]}");
        }

        return labels;
    }

    private static List<TokenSequence> Sequences(bool tied)
    {
        int[] lengths = [19, 7, 12, 10];
        return [.. lengths.Select((length, at) => TestModels.Sequence(Config(tied), length, seed: at, untrained: 1 + at))];
    }

    private static LlamaConfig Config(bool tied) => TestModels.TinyLlama3 with { TieWordEmbeddings = tied };

    private CpuEngine Open(bool tied) =>
        CpuEngine.Open(TestModels.Write(Config(tied), folder["model"]), null, TestModels.Hyperparameters());
}
