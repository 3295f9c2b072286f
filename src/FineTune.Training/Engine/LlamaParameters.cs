using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>A Llama model's weights by their part in it, and which of them are trained.</summary>
internal sealed class LlamaParameters
{
    private readonly List<Parameter> all = [];

    /// <param name="freeze">See <see cref="FrozenWeights"/>; null trains all.</param>
    public LlamaParameters(WeightLayout layout, IReadOnlyList<string>? freeze = null)
    {
        var config = layout.Config;
        var shape = new AttentionShape(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);
        Embedding = Matrix(LlamaWeights.Embedding, config.VocabSize, config.HiddenSize);
        Head = config.TieWordEmbeddings ? Embedding : Matrix(LlamaWeights.Output, config.VocabSize, config.HiddenSize);
        FinalNorm = Vector(LlamaWeights.FinalNorm);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(index => new LayerParameters(
            Vector(LlamaWeights.Name(index, "input_layernorm")),
            Matrix(LlamaWeights.Name(index, "self_attn.q_proj"), shape.PackedWidth, config.HiddenSize),
            Matrix(LlamaWeights.Name(index, "self_attn.o_proj"), config.HiddenSize, shape.QueryWidth),
            Vector(LlamaWeights.Name(index, "post_attention_layernorm")),
            Matrix(LlamaWeights.Name(index, "mlp.gate_proj"), 2 * config.IntermediateSize, config.HiddenSize),
            Matrix(LlamaWeights.Name(index, "mlp.down_proj"), config.HiddenSize, config.IntermediateSize)))];
        Trained = freeze is null ? TrainedWeights.All(layout, all) : TrainedWeights.Of(layout, all, FrozenWeights.Trained(config.Shape, freeze));

        Parameter Matrix(string name, int rows, int columns) => Add(layout[name], rows, columns, isMatrix: true);

        Parameter Vector(string name) => Add(layout[name], 1, config.HiddenSize, isMatrix: false);
    }

    /// <summary>By <see cref="Parameter.Index"/>.</summary>
    public IReadOnlyList<Parameter> All => all;

    public TrainedWeights Trained { get; }

    public Parameter Embedding { get; }

    /// <summary>The embedding itself when they are tied.</summary>
    public Parameter Head { get; }

    public Parameter FinalNorm { get; }

    public LayerParameters[] Layers { get; }

    private Parameter Add(long offset, int rows, int columns, bool isMatrix)
    {
        all.Add(new Parameter(all.Count, offset, offset, rows, columns, isMatrix));
        return all[^1];
    }
}

/// <summary>One decoder block's weights.</summary>
/// <param name="Packed">Query, key and value projections, one below another.</param>
/// <param name="GateUp">Gate and up projections, one below another.</param>
internal sealed record LayerParameters(
    Parameter AttentionNorm, Parameter Packed, Parameter Output, Parameter FeedForwardNorm, Parameter GateUp, Parameter Down);
