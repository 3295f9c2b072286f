using FineTune.Core.Numerics;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Models;

/// <summary>
/// Random weights for a new model, a pure function of configuration and seed: matrices normal with deviation 0.02, those that feed the
/// residual stream divided by √(2 · layers) (Radford et al., "Language models are unsupervised multitask learners", 2019), norms 1.
/// Needs no libtorch.
/// </summary>
public static class LlamaInitializer
{
    public const double StandardDeviation = 0.02;

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c> into the existing <paramref name="directory"/>.</summary>
    public static void Write(LlamaConfig config, int seed, string directory)
    {
        config.Write(Path.Combine(directory, LlamaConfig.FileName));
        var random = new CounterRandom((ulong)seed);
        TensorToWrite[] tensors = [.. LlamaWeights.Of(config).Select((weight, index) =>
            new TensorToWrite(weight.Name, weight.Shape, Source(config, weight, random.Stream((ulong)index))))];
        ShardedWeights.Write(directory, tensors, TensorType.F32, ModelFolder.MaxShardBytes);
    }

    private static TensorSource Source(LlamaConfig config, WeightShape weight, CounterRandom random)
    {
        var deviation = weight.Residual ? StandardDeviation / Math.Sqrt(2.0 * config.Layers) : StandardDeviation;
        return (first, destination) =>
        {
            for (var i = 0; i < destination.Length; i++)
            {
                destination[i] = weight.IsMatrix ? (float)(deviation * random.Normal((ulong)(first + i))) : 1;
            }
        };
    }
}
