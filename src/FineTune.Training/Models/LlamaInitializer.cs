using FineTune.Core.Numerics;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Models;

/// <summary>
/// Random weights for a new model, a pure function of configuration and seed: matrices normal with deviation 1/√hidden size (LeCun et al.,
/// "Efficient BackProp", 1998), so that small models start with activations of the size of large ones'; those that feed the residual stream
/// divided by √(2 · layers) (Radford et al., "Language models are unsupervised multitask learners", 2019); norms 1. Needs no libtorch.
/// </summary>
public static class LlamaInitializer
{
    /// <summary>Of the matrices that do not feed the residual stream; <c>initializer_range</c> in <c>config.json</c>.</summary>
    public static double StandardDeviation(LlamaConfig config) => 1 / Math.Sqrt(config.HiddenSize);

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c> into the existing <paramref name="directory"/>, which has neither.</summary>
    public static void Write(LlamaConfig config, int seed, string directory)
    {
        var random = new CounterRandom((ulong)seed);
        TensorToWrite[] tensors = [.. LlamaWeights.Of(config.Shape).Select((weight, index) =>
            new TensorToWrite(weight.Name, weight.Shape, Source(config, weight, random.Stream((ulong)index))))];
        ModelFolder.Write(directory, config, tensors, new Dictionary<string, byte[]>());
    }

    private static TensorSource Source(LlamaConfig config, WeightShape weight, CounterRandom random)
    {
        var deviation = StandardDeviation(config) / (weight.Residual ? Math.Sqrt(2.0 * config.Layers) : 1);
        return (first, destination) =>
        {
            for (var i = 0; i < destination.Length; i++)
            {
                destination[i] = weight.IsMatrix ? (float)(deviation * random.Normal((ulong)(first + i))) : 1;
            }
        };
    }
}
