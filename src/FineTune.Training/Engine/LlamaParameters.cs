using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>A Llama model's weights, or those of a stage, by their part in it, and which of them are trained.</summary>
internal sealed class LlamaParameters
{
    private readonly List<Parameter> all = [];

    /// <param name="freeze">See <see cref="FrozenWeights"/>; null trains all.</param>
    public LlamaParameters(WeightLayout layout, IReadOnlyList<string>? freeze = null)
    {
        var (config, stage) = (layout.Config, layout.Stage);
        var shape = new AttentionShape(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);
        IsTied = config.TieWordEmbeddings && stage.IsWhole;
        if (stage.HasEmbedding)
        {
            Embedding = Matrix(LlamaWeights.Embedding, config.VocabSize, config.HiddenSize);
        }

        if (stage.HasHead)
        {
            Head = IsTied ? Embedding : Matrix(config.TieWordEmbeddings ? LlamaWeights.Embedding : LlamaWeights.Output, config.VocabSize, config.HiddenSize);
            FinalNorm = Vector(LlamaWeights.FinalNorm);
        }

        Layers = [.. Enumerable.Range(stage.First, stage.Layers).Select(index => new LayerParameters(
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

    /// <summary>Whether embedding and head are one and the same here; two devices have a copy each.</summary>
    public bool IsTied { get; }

    /// <summary>Of a model's first stage.</summary>
    public Parameter Embedding { get; }

    /// <summary>Of a model's last stage; the embedding itself when they are tied.</summary>
    public Parameter Head { get; }

    /// <summary>Of a model's last stage.</summary>
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
