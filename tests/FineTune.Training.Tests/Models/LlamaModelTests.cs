using FineTune.Core.Training;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;
using static TorchSharp.torch;

namespace FineTune.Training.Tests.Models;

public sealed class LlamaModelTests
{
    /// <summary>Scores here are of the order of 1 to 10, so this is about five digits.</summary>
    private const double ScoreTolerance = 5e-5;

    /// <summary>Finite differences of the double-precision loss are good to 1e-9; the rest is fp32.</summary>
    private const double GradientTolerance = 2e-5;

    public static TheoryData<string> Shapes => ["grouped", "multi-head", "tied", "llama3", "linear"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Logits_AgainstDoublePrecisionReference_Agree(string shape)
    {
        var config = Config(shape);
        using var folder = new TempFolder();
        using var model = Load(config, folder);
        using var scope = NewDisposeScope();
        var tokens = TestModels.Sequence(config, 40, seed: 3).Tokens;
        var logits = model.Logits(model.Hidden(tensor(tokens, [1, tokens.Length])));
        var actual = logits.data<float>().ToArray();
        double[] expected = [.. new ReferenceLlama(config).Logits(tokens).SelectMany(row => row)];
        Assert.True(expected.Max(Math.Abs) > 1);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], ScoreTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_AgainstFiniteDifferencesOfReference_Agree(string shape)
    {
        var config = Config(shape);
        using var folder = new TempFolder();
        using var model = Load(config, folder);
        using var scope = NewDisposeScope();
        var sequence = TestModels.Sequence(config, 14, seed: 5);
        var batch = MicroBatch.Pad([sequence], multiple: 1);
        var logits = model.Logits(model.Hidden(tensor(batch.Inputs, [1, batch.Length])));
        nn.functional.cross_entropy(logits.view(-1, config.VocabSize), tensor(batch.Labels.Select(label => (long)label).ToArray())).backward();
        var reference = new ReferenceLlama(config);
        foreach (var weight in model.Shapes)
        {
            var gradient = model[weight.Name].grad!.contiguous().data<float>().ToArray();
            for (var i = 0; i < gradient.Length; i += Math.Max(1, gradient.Length / 5))
            {
                // The embedding's rows of absent tokens have no gradient; take the row of a present one.
                var at = weight.Name == LlamaWeights.Embedding ? (batch.Inputs[3] * config.HiddenSize) + (i % config.HiddenSize) : i;
                Assert.Equal(Slope(reference, weight.Name, at, sequence), gradient[at], GradientTolerance);
            }
        }
    }

    [Fact]
    public void Hidden_RightPadding_ChangesNothingBefore()
    {
        using var folder = new TempFolder();
        using var model = Load(TestModels.Tiny, folder);
        using var scope = NewDisposeScope();
        var tokens = TestModels.Sequence(TestModels.Tiny, 16, seed: 3).Tokens;
        var alone = model.Hidden(tensor(tokens, [1, 16]));
        var padded = model.Hidden(tensor([.. tokens, .. new int[8]], [1, 24])).narrow(1, 0, 16);
        Assert.True(alone.sub(padded).abs().max().item<float>() < 1e-5f);
    }

    private static double Slope(ReferenceLlama reference, string name, int index, TokenSequence sequence)
    {
        const double step = 1e-5;
        var weights = reference.Weights[name];
        var value = weights[index];
        weights[index] = value + step;
        var above = reference.Loss([sequence]);
        weights[index] = value - step;
        var below = reference.Loss([sequence]);
        weights[index] = value;
        return (above - below) / (2 * step);
    }

    private static LlamaModel Load(LlamaConfig config, TempFolder folder)
    {
        using var opened = ModelFolder.Open(TestModels.Write(config, folder["model"]));
        return new LlamaModel(opened);
    }

    private static LlamaConfig Config(string shape) => shape switch
    {
        "multi-head" => TestModels.Tiny with { KeyValueHeads = 4, HeadDimension = 4 },
        "tied" => TestModels.Tiny with { TieWordEmbeddings = true },
        "llama3" => TestModels.TinyLlama3,
        "linear" => TestModels.Tiny with { Scaling = new RopeScaling(RopeType.Linear, Factor: 4) },
        _ => TestModels.Tiny,
    };
}
