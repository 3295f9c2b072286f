using System.Text;
using System.Text.Json.Nodes;

namespace FineTune.Training.Models;

/// <summary>Shape of a Llama model; Hugging Face's <c>config.json</c> with <c>model_type</c> <c>llama</c>.</summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the feed-forward layers.</param>
/// <param name="KeyValueHeads">Divides <paramref name="AttentionHeads"/>; fewer means grouped-query attention.</param>
/// <param name="TieWordEmbeddings">The output projection is the embedding.</param>
/// <param name="MaxPositionEmbeddings">Longest context in tokens.</param>
/// <param name="EosTokenIds">Any of them ends an answer.</param>
/// <param name="Source">The file this was read from, so that fields not modelled here are written back.</param>
public sealed record LlamaConfig(
    int VocabSize,
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int AttentionHeads,
    int KeyValueHeads,
    int HeadDimension,
    int MaxPositionEmbeddings,
    bool TieWordEmbeddings,
    double RmsNormEpsilon = 1e-5,
    double RopeTheta = 10_000,
    RopeScaling? Scaling = null,
    int? BosTokenId = null,
    IReadOnlyList<int>? EosTokenIds = null,
    JsonObject? Source = null)
{
    public const string FileName = "config.json";

    public RopeScaling RopeScaling => Scaling ?? RopeScaling.None;

    /// <summary>What decides its weights, and with them memory and arithmetic.</summary>
    public ModelShape Shape => new(
        VocabSize, HiddenSize, IntermediateSize, Layers, AttentionHeads, KeyValueHeads, HeadDimension, TieWordEmbeddings);

    /// <summary>Number of weights, the tied embedding counted once.</summary>
    public long Parameters => Shape.Parameters;

    /// <summary>Reads <c>config.json</c>; see <see cref="LlamaConfigJson"/>.</summary>
    public static LlamaConfig Read(string file) => LlamaConfigJson.Parse(File.ReadAllText(file), file);

    /// <summary>The bytes of <c>config.json</c>.</summary>
    public byte[] ToJson(string weightType = "float32") => Encoding.UTF8.GetBytes(LlamaConfigJson.Format(this, weightType));
}
