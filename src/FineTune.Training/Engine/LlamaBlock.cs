using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>The weights of a model, or their gradients, in a block of memory laid out by <see cref="WeightLayout"/>.</summary>
internal sealed unsafe class LlamaBlock
{
    private readonly WeightLayout layout;
    private readonly float* data;

    public LlamaBlock(WeightLayout layout, float* data)
    {
        this.layout = layout;
        this.data = data;
        var config = layout.Config;
        Embedding = Matrix(LlamaWeights.Embedding, config.VocabSize, config.HiddenSize);
        Head = config.TieWordEmbeddings ? Embedding : Matrix(LlamaWeights.Output, config.VocabSize, config.HiddenSize);
        FinalNorm = data + layout[LlamaWeights.FinalNorm];
        Layers = [.. Enumerable.Range(0, config.Layers).Select(Layer)];
    }

    public float* Data => data;

    public Matrix Embedding { get; }

    /// <summary>The embedding itself when they are tied.</summary>
    public Matrix Head { get; }

    public float* FinalNorm { get; }

    public LlamaLayerBlock[] Layers { get; }

    private LlamaLayerBlock Layer(int index)
    {
        var config = layout.Config;
        var shape = new AttentionShape(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);
        return new LlamaLayerBlock(
            data + layout[LlamaWeights.Name(index, "input_layernorm")],
            Matrix(LlamaWeights.Name(index, "self_attn.q_proj"), shape.PackedWidth, config.HiddenSize),
            Matrix(LlamaWeights.Name(index, "self_attn.o_proj"), config.HiddenSize, shape.QueryWidth),
            data + layout[LlamaWeights.Name(index, "post_attention_layernorm")],
            Matrix(LlamaWeights.Name(index, "mlp.gate_proj"), 2 * config.IntermediateSize, config.HiddenSize),
            Matrix(LlamaWeights.Name(index, "mlp.down_proj"), config.HiddenSize, config.IntermediateSize));
    }

    private Matrix Matrix(string name, int rows, int columns) => new(data + layout[name], rows, columns);
}

/// <summary>One decoder block's weights or gradients.</summary>
internal sealed unsafe class LlamaLayerBlock(
    float* attentionNorm, Matrix packed, Matrix output, float* feedForwardNorm, Matrix gateUp, Matrix down)
{
    public float* AttentionNorm => attentionNorm;

    /// <summary>Query, key and value projections, one below another.</summary>
    public Matrix Packed => packed;

    public Matrix Output => output;

    public float* FeedForwardNorm => feedForwardNorm;

    /// <summary>Gate and up projections, one below another.</summary>
    public Matrix GateUp => gateUp;

    public Matrix Down => down;
}
