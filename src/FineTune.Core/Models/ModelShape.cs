using System.Text.Json;
using System.Text.Json.Serialization;

namespace FineTune.Core.Models;

/// <summary>Dimensions of a Llama model: they decide its weights, and what training it takes.</summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the feed-forward layers.</param>
/// <param name="KeyValueHeads">Fewer than <paramref name="AttentionHeads"/> means grouped-query attention.</param>
/// <param name="TieWordEmbeddings">The output projection is the embedding.</param>
public sealed record ModelShape(
    int VocabSize,
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int AttentionHeads,
    int KeyValueHeads,
    int HeadDimension,
    bool TieWordEmbeddings = false)
{
    /// <summary>Far above any model's; a hostile number would fill memory with names of weights.</summary>
    private const int MaxLayers = 1000;

    [JsonIgnore]
    public int QueryWidth => AttentionHeads * HeadDimension;

    [JsonIgnore]
    public int KeyWidth => KeyValueHeads * HeadDimension;

    /// <summary>Number of weights, the tied embedding counted once.</summary>
    [JsonIgnore]
    public long Parameters => LlamaWeights.Of(this).Sum(weight => weight.Count);

    /// <summary>
    /// A model of <paramref name="parameters"/> weights of whose dimensions nothing more is known, in the usual proportions: L layers of
    /// width 128 L and 12 (128 L)² weights.
    /// </summary>
    public static ModelShape OfParameters(long parameters)
    {
        const int headDimension = 128;
        var layers = Math.Max(1, (int)Math.Round(Math.Cbrt(parameters / (12.0 * headDimension * headDimension))));
        var hidden = headDimension * layers;
        return new ModelShape(1, hidden, hidden * 8 / 3, layers, layers, layers, headDimension, TieWordEmbeddings: true);
    }

    /// <summary>The dimensions in a Hugging Face <c>config.json</c>; null when they are not all there.</summary>
    public static ModelShape? TryRead(JsonElement config)
    {
        if (Number("vocab_size") is not { } vocabulary || Number("hidden_size") is not { } hidden || Number("intermediate_size") is not { } inner
            || Number("num_hidden_layers") is not { } layers || layers > MaxLayers || Number("num_attention_heads") is not { } heads)
        {
            return null;
        }

        return new ModelShape(
            vocabulary,
            hidden,
            inner,
            layers,
            heads,
            Number("num_key_value_heads") ?? heads,
            Number("head_dim") ?? (hidden / heads),
            config.TryGetProperty("tie_word_embeddings", out var tied) && tied.ValueKind == JsonValueKind.True);

        int? Number(string name) =>
            config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0
                ? number
                : null;
    }
}
