using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>Splits a model's layers into stages so that the largest holds as few weights as possible.</summary>
internal static class LayerPartition
{
    /// <summary>At most <paramref name="devices"/> stages of at least a layer each.</summary>
    public static IReadOnlyList<LlamaStage> Split(LlamaConfig config, int devices)
    {
        var (layers, count) = (config.Layers, Math.Min(devices, config.Layers));

        // By number of stages, and by the layer where they end: the largest stage of the best split, and where its last stage begins.
        var largest = new long[count + 1][];
        var cut = new int[count + 1][];
        largest[0] = new long[layers + 1];
        for (var stages = 1; stages <= count; stages++)
        {
            (largest[stages], cut[stages]) = (new long[layers + 1], new int[layers + 1]);
            for (var end = stages; end <= layers; end++)
            {
                largest[stages][end] = long.MaxValue;
                for (var first = stages - 1; first < (stages == 1 ? 1 : end); first++)
                {
                    var size = Math.Max(largest[stages - 1][first], Weights(config, new LlamaStage(first, end, layers)));
                    if (size < largest[stages][end])
                    {
                        (largest[stages][end], cut[stages][end]) = (size, first);
                    }
                }
            }
        }

        var split = new LlamaStage[count];
        for (int stages = count, end = layers; stages > 0; stages--)
        {
            split[stages - 1] = new LlamaStage(cut[stages][end], end, layers);
            end = cut[stages][end];
        }

        return split;
    }

    private static long Weights(LlamaConfig config, LlamaStage stage) => stage.Shapes(config).Sum(shape => shape.Count);
}
