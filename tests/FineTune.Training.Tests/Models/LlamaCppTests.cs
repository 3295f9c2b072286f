using System.Globalization;
using System.Text.Json;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Models;

/// <summary>
/// The forward pass against llama.cpp (npm <c>@node-llama-cpp/linux-x64</c>, by lock file), an implementation this project didn't write. The
/// package, like the engine, is for Linux on x64.
/// </summary>
public sealed class LlamaCppTests(ITestOutputHelper output)
{
    /// <summary>Of a logarithm of a probability. llama.cpp rounds in fp32 too, and turns positions by angles it multiplies up in fp32.</summary>
    private const double Tolerance = 5e-5;

    private static readonly LlamaConfig Grouped = new(
        VocabSize: 211, HiddenSize: 64, IntermediateSize: 96, Layers: 3, AttentionHeads: 4, KeyValueHeads: 2, HeadDimension: 16,
        MaxPositionEmbeddings: 128, TieWordEmbeddings: false);

    [Theory]
    [InlineData("grouped")]
    [InlineData("multi-head")]
    [InlineData("tied")]
    [InlineData("llama3")]
    [InlineData("linear")]
    public void LogProbabilities_OfEveryPosition_AreThoseOfLlamaCpp(string shape)
    {
        var config = Config(shape);
        using var folder = new TempFolder();
        TestModels.Write(config, folder["model"]);
        var weights = TestModels.Weights(config).ToDictionary(weight => weight.Name);
        GgufFile.Write(folder["model.gguf"], config, name => Values(weights[name]));
        TokenSequence[] prompts = [.. new[] { 2, 7, 31, 96 }.Select(length => TestModels.Sequence(config, length, seed: length))];
        var theirs = JsonSerializer.Deserialize<float[][][]>(
            Interop.Run("llama.mjs", folder["model.gguf"], JsonSerializer.Serialize(prompts.Select(prompt => prompt.Tokens))))!;
        using var engine = CpuEngine.Open(folder["model"], null, TestModels.Hyperparameters());
        using var decoder = engine.OpenDecoder(config.MaxPositionEmbeddings);
        var (largest, spread) = (0.0, 0.0);
        for (var i = 0; i < prompts.Length; i++)
        {
            var (tokens, _) = prompts[i];
            decoder.Clear();
            for (var position = 0; position < tokens.Length; position++)
            {
                var expected = LogSoftmax(theirs[i][position]);
                var actual = LogSoftmax(decoder.Read([tokens[position]]));
                largest = Math.Max(largest, expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max());
                spread = Math.Max(spread, expected.Max() - expected.Min());
            }

            // The pass of training, by the one number it gives.
            var loss = Enumerable.Range(1, tokens.Length - 1).Sum(at => -LogSoftmax(theirs[i][at - 1])[tokens[at]]);
            var sums = engine.Evaluate(MicroBatch.Pad([prompts[i]]));
            Assert.Equal(tokens.Length - 1, sums.Tokens);
            Assert.Equal(loss / sums.Tokens, sums.LossSum / sums.Tokens, Tolerance);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{shape}: largest difference {largest:0.0e+0}, spread {spread:0.0}"));
        Assert.True(spread > 5, "The scores are too alike to tell anything.");
        Assert.True(largest <= Tolerance, string.Create(CultureInfo.InvariantCulture, $"The largest difference is {largest}."));
    }

    private static LlamaConfig Config(string shape) => shape switch
    {
        "multi-head" => Grouped with { KeyValueHeads = 4 },
        "tied" => Grouped with { TieWordEmbeddings = true },

        // Within 32 original positions the eight waves turn 5 to 0.002 times: kept, in the ramp, divided.
        "llama3" => Grouped with { Scaling = new RopeScaling(RopeType.Llama3, Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, 32) },
        "linear" => Grouped with { Scaling = new RopeScaling(RopeType.Linear, Factor: 4) },
        _ => Grouped,
    };

    private static float[] Values(Training.Safetensors.TensorToWrite tensor)
    {
        var values = new float[tensor.Count];
        tensor.Source(0, values);
        return values;
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double[] scores = [.. logits.ToArray().Select(logit => (double)logit)];
        var highest = scores.Max();
        var log = highest + Math.Log(scores.Sum(score => Math.Exp(score - highest)));
        return [.. scores.Select(score => score - log)];
    }
}
