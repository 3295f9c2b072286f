using FineTune.Core.Numerics;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Tests.Support;

/// <summary>Small models with weights large enough that mistakes show.</summary>
internal static class TestModels
{
    public static LlamaConfig Tiny { get; } = new(
        VocabSize: 37, HiddenSize: 16, IntermediateSize: 24, Layers: 2, AttentionHeads: 4, KeyValueHeads: 2, HeadDimension: 8,
        MaxPositionEmbeddings: 64, TieWordEmbeddings: false, RopeTheta: 1000);

    /// <summary>With frequencies in all three bands: 10.2, 1.8, 0.3 and 0.06 turns within 64 positions.</summary>
    public static LlamaConfig TinyLlama3 { get; } =
        Tiny with { Scaling = new RopeScaling(RopeType.Llama3, Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositionEmbeddings: 64) };

    /// <summary>Writes random weights with deviation 1.2 / √hidden size (norms 1 ± 0.3) and a tokenizer file into <paramref name="directory"/>.</summary>
    public static string Write(LlamaConfig config, string directory, TensorType type = TensorType.F32, long maxShardBytes = long.MaxValue)
    {
        Directory.CreateDirectory(directory);
        var companions = new Dictionary<string, byte[]> { ["tokenizer.json"] = "{}"u8.ToArray() };
        ModelFolder.Write(directory, config, Weights(config), companions, type, maxShardBytes);
        return directory;
    }

    public static IReadOnlyList<TensorToWrite> Weights(LlamaConfig config) =>
        [.. LlamaWeights.Of(config.Shape).Select((weight, index) =>
        {
            var random = new CounterRandom(7).Stream((ulong)index);
            var deviation = weight.IsMatrix ? 1.2 / Math.Sqrt(config.HiddenSize) : 0.3;
            float[] values = [.. Enumerable.Range(0, (int)weight.Count)
                .Select(i => (float)((weight.IsMatrix ? 0 : 1) + (deviation * random.Normal((ulong)i))))];
            return TensorToWrite.Of(weight.Name, weight.Shape, values);
        })];

    public static Hyperparameters Hyperparameters(double weightDecay = 0.1, double maxGradNorm = 1) =>
        new HyperparametersRequest(WeightDecay: weightDecay, MaxGradNorm: maxGradNorm).Resolve(1e-3);

    public static TokenSequence Sequence(LlamaConfig config, int length, int seed, int untrained = 1)
    {
        var random = new CounterRandom((ulong)seed);
        return new TokenSequence(
            [.. Enumerable.Range(0, length).Select(i => (int)random.Below((ulong)i, config.VocabSize))],
            [.. Enumerable.Range(0, length).Select(i => i >= untrained)]);
    }

    /// <summary>Sequences of different lengths and prompts.</summary>
    public static TokenSequence[] Sequences(LlamaConfig config, int rows, int length, int seed) =>
        [.. Enumerable.Range(0, rows).Select(row => Sequence(config, length - (2 * (row % 3)), (seed * 1000) + row, untrained: 1 + (row % 4)))];

    public static MicroBatch Batch(LlamaConfig config, int rows, int length, int seed) => MicroBatch.Pad(Sequences(config, rows, length, seed));
}
