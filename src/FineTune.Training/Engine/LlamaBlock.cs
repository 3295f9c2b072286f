using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>Views of a Llama model's weights by their part in it, for passes that only read them.</summary>
internal sealed unsafe class LlamaBlock
{
    public LlamaBlock(LlamaParameters parameters, WeightBlock weights)
    {
        Embedding = weights.Matrix(parameters.Embedding);
        Head = weights.Matrix(parameters.Head);
        FinalNorm = weights.Vector(parameters.FinalNorm);
        Layers = [.. parameters.Layers.Select(layer => new LlamaLayerBlock(
            weights.Vector(layer.AttentionNorm),
            weights.Matrix(layer.Packed),
            weights.Matrix(layer.Output),
            weights.Vector(layer.FeedForwardNorm),
            weights.Matrix(layer.GateUp),
            weights.Matrix(layer.Down)))];
    }

    public Weight Embedding { get; }

    /// <summary>The embedding itself when they are tied.</summary>
    public Weight Head { get; }

    public float* FinalNorm { get; }

    public LlamaLayerBlock[] Layers { get; }
}

/// <summary>One decoder block's weights; see <see cref="LayerParameters"/>.</summary>
internal sealed unsafe class LlamaLayerBlock(
    float* attentionNorm, Weight packed, Weight output, float* feedForwardNorm, Weight gateUp, Weight down)
{
    public float* AttentionNorm => attentionNorm;

    public Weight Packed => packed;

    public Weight Output => output;

    public float* FeedForwardNorm => feedForwardNorm;

    public Weight GateUp => gateUp;

    public Weight Down => down;
}
