using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>Consecutive layers of a model that are on one device, with the embedding before the first and the head behind the last.</summary>
/// <param name="First">Of its layers.</param>
/// <param name="End">First layer that is not its own.</param>
/// <param name="Total">Of the model.</param>
internal sealed record LlamaStage(int First, int End, int Total)
{
    public int Layers => End - First;

    public bool HasEmbedding => First == 0;

    public bool HasHead => End == Total;

    public bool IsWhole => HasEmbedding && HasHead;

    public static LlamaStage Whole(LlamaConfig config) => new(0, config.Layers, config.Layers);

    /// <summary>Weights that its device holds, in the model's order. A tied embedding is held at both ends.</summary>
    public IReadOnlyList<WeightShape> Shapes(LlamaConfig config)
    {
        var layers = Enumerable.Range(First, Layers).Select(LlamaWeights.Prefix).ToList();
        return [.. LlamaWeights.Of(config.Shape).Where(shape => shape.Name switch
        {
            LlamaWeights.Embedding => HasEmbedding || (HasHead && config.TieWordEmbeddings),
            LlamaWeights.FinalNorm or LlamaWeights.Output => HasHead,
            var name => layers.Exists(prefix => name.StartsWith(prefix, StringComparison.Ordinal)),
        })];
    }
}
