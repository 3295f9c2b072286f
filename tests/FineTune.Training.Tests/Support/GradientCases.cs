using FineTune.Core.Training;
using FineTune.Training.Models;

namespace FineTune.Training.Tests.Support;

/// <summary>Models whose gradients are held against double precision, by every engine with a pass written by hand.</summary>
internal static class GradientCases
{
    /// <summary>Of a gradient, relative to its norm.</summary>
    public const double Tolerance = 1e-5;

    public static IReadOnlyList<string> Shapes { get; } = ["grouped", "multi-head", "tied", "llama3", "linear", "one-layer", "wide"];

    public static LlamaConfig Config(string shape) => shape switch
    {
        "multi-head" => TestModels.Tiny with { KeyValueHeads = 4, HeadDimension = 4 },
        "tied" => TestModels.Tiny with { TieWordEmbeddings = true },
        "llama3" => TestModels.TinyLlama3,
        "linear" => TestModels.Tiny with { Scaling = new RopeScaling(RopeType.Linear, Factor: 4) },
        "one-layer" => TestModels.Tiny with { Layers = 1, TieWordEmbeddings = true },

        // Rows that the kernels give to several threads, and logits whose odd number leaves a rest behind the vectors.
        "wide" => TestModels.Tiny with { HiddenSize = 136, IntermediateSize = 200, HeadDimension = 16, VocabSize = 523 },
        _ => TestModels.Tiny,
    };

    /// <summary>Sequences around the attention's tiles of 64 queries, with prompts.</summary>
    public static TokenSequence[] Sequences(LlamaConfig config) =>
        [.. new[] { 150, 20, 66, 65, 2, 131 }.Select((length, i) => TestModels.Sequence(config, length, i, untrained: 1 + (i * 7 % 19 % length)))];

    /// <summary>Each weight's gradient agrees with double precision.</summary>
    public static void AssertExact(LlamaConfig config, Func<IReadOnlyList<MicroBatch>, Dictionary<string, float[]>> differentiate)
    {
        var sequences = Sequences(config);
        var expected = new DoubleLlama(config).Differentiate(sequences).Gradients;
        var gradients = differentiate([MicroBatch.Pad(sequences)]);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), gradients.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, weight => Assert.Equal(0, RelativeError(weight.Value, gradients[weight.Key]), Tolerance));
    }

    public static double RelativeError(float[] expected, float[] actual) => RelativeError([.. expected.Select(value => (double)value)], actual);

    public static double RelativeError(double[] expected, float[] actual)
    {
        var difference = Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        return difference / Math.Sqrt(expected.Sum(value => value * value));
    }
}
