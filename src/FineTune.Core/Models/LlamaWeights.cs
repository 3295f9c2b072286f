using System.Globalization;

namespace FineTune.Core.Models;

/// <summary>A weight of a model by its Hugging Face name.</summary>
/// <param name="Residual">Its product is added to the residual stream, so its initial scale shrinks with depth.</param>
public sealed record WeightShape(string Name, IReadOnlyList<long> Shape, bool Residual = false)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Norm gains are vectors: they start at 1 and do not decay.</summary>
    public bool IsMatrix => Shape.Count > 1;
}

/// <summary>Names and shapes of a Llama model's weights, in the model's order. Matrices are [outputs, inputs].</summary>
public static class LlamaWeights
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm.weight";
    public const string Output = "lm_head.weight";

    public static IReadOnlyList<WeightShape> Of(ModelShape model)
    {
        long hidden = model.HiddenSize;
        long queries = model.QueryWidth;
        long keys = model.KeyWidth;
        List<WeightShape> weights = [new(Embedding, [model.VocabSize, hidden])];
        for (var layer = 0; layer < model.Layers; layer++)
        {
            weights.Add(new(Name(layer, "input_layernorm"), [hidden]));
            weights.Add(new(Name(layer, "self_attn.q_proj"), [queries, hidden]));
            weights.Add(new(Name(layer, "self_attn.k_proj"), [keys, hidden]));
            weights.Add(new(Name(layer, "self_attn.v_proj"), [keys, hidden]));
            weights.Add(new(Name(layer, "self_attn.o_proj"), [hidden, queries], Residual: true));
            weights.Add(new(Name(layer, "post_attention_layernorm"), [hidden]));
            weights.Add(new(Name(layer, "mlp.gate_proj"), [model.IntermediateSize, hidden]));
            weights.Add(new(Name(layer, "mlp.up_proj"), [model.IntermediateSize, hidden]));
            weights.Add(new(Name(layer, "mlp.down_proj"), [hidden, model.IntermediateSize], Residual: true));
        }

        weights.Add(new(FinalNorm, [hidden]));
        if (!model.TieWordEmbeddings)
        {
            weights.Add(new(Output, [model.VocabSize, hidden]));
        }

        return weights;
    }

    /// <summary>E.g. <c>model.layers.3.mlp.up_proj.weight</c>.</summary>
    public static string Name(int layer, string part) => $"{Prefix(layer)}{part}.weight";

    /// <summary>Beginning of the names of a layer's weights, e.g. <c>model.layers.3.</c>.</summary>
    public static string Prefix(int layer) => string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.");
}
