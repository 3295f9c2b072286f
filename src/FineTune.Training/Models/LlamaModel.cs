using FineTune.Training.Native;
using FineTune.Training.Numerics;
using FineTune.Training.Safetensors;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace FineTune.Training.Models;

/// <summary>
/// Llama's forward pass over fp32 weights (Touvron et al., "LLaMA", 2023; Grattafiori et al., "The Llama 3 herd of models", 2024):
/// pre-norm with RMSNorm, rotary embeddings, grouped-query attention, SwiGLU. Operators are recorded for gradients unless the caller
/// turned that off. Shapes: B rows, T positions, D hidden, V vocabulary.
/// </summary>
public sealed class LlamaModel : IDisposable
{
    private readonly Dictionary<string, Tensor> weights = new(StringComparer.Ordinal);
    private readonly RopeTable rope;
    private readonly Layer[] layers;

    /// <summary>Loads weights that record gradients.</summary>
    public LlamaModel(ModelFolder folder)
        : this(folder, shape => empty([.. shape.Shape], float32, requires_grad: true))
    {
    }

    /// <summary>Loads weights into the contiguous tensors that <paramref name="allocate"/> gives.</summary>
    internal LlamaModel(ModelFolder folder, Func<WeightShape, Tensor> allocate)
    {
        TorchRuntime.Start();
        Config = folder.Config;
        Shapes = LlamaWeights.Of(Config.Shape);
        Companions = folder.Companions;
        using var detached = NewDisposeScope();
        foreach (var shape in Shapes)
        {
            var tensor = allocate(shape).DetachFromDisposeScope();
            TensorMemory.Fill(tensor, (first, destination) => folder.Weights.Read(shape.Name, first, destination));
            weights[shape.Name] = tensor;
        }

        rope = new RopeTable(Config);
        layers = [.. Enumerable.Range(0, Config.Layers).Select(index => new Layer(this, index))];
    }

    public LlamaConfig Config { get; }

    /// <summary>The weights' names and shapes, in the model's order.</summary>
    public IReadOnlyList<WeightShape> Shapes { get; }

    /// <summary>Files that go with the model, see <see cref="ModelFolder.Companions"/>.</summary>
    public IReadOnlyDictionary<string, byte[]> Companions { get; }

    public Tensor this[string name] => weights[name];

    /// <summary>Final hidden states [B, T, D] of <paramref name="tokens"/> [B, T] at positions 0 … T-1, or behind those in the cache.</summary>
    /// <param name="cache">Keys and values of earlier positions; takes those of <paramref name="tokens"/> too.</param>
    public Tensor Hidden(Tensor tokens, KeyValueCache? cache = null)
    {
        var start = cache?.Length ?? 0;
        var (cos, sin) = rope.Slice(start, (int)tokens.size(1));
        var x = Aten.Embedding(weights[LlamaWeights.Embedding], tokens);
        foreach (var layer in layers)
        {
            x = layer.Forward(x, cos, sin, cache);
        }

        cache?.Advance((int)tokens.size(1));
        return Aten.RmsNorm(x, weights[LlamaWeights.FinalNorm], Config.RmsNormEpsilon);
    }

    /// <summary>Scores [..., V] of the next token from hidden states [..., D].</summary>
    public Tensor Logits(Tensor hidden) =>
        F.linear(hidden, weights[Config.TieWordEmbeddings ? LlamaWeights.Embedding : LlamaWeights.Output]);

    /// <summary>The weights as they are now, for writing; valid until the next update.</summary>
    public IReadOnlyList<TensorToWrite> ToWrite() =>
        [.. Shapes.Select(shape => new TensorToWrite(shape.Name, shape.Shape, TensorMemory.Source(weights[shape.Name])))];

    public void Dispose()
    {
        rope.Dispose();
        foreach (var weight in weights.Values)
        {
            weight.grad?.Dispose();
            weight.Dispose();
        }
    }

    /// <summary>One decoder block.</summary>
    private sealed class Layer(LlamaModel model, int index)
    {
        private readonly LlamaConfig config = model.Config;
        private readonly Tensor attentionNorm = model[LlamaWeights.Name(index, "input_layernorm")];
        private readonly Tensor query = model[LlamaWeights.Name(index, "self_attn.q_proj")];
        private readonly Tensor key = model[LlamaWeights.Name(index, "self_attn.k_proj")];
        private readonly Tensor value = model[LlamaWeights.Name(index, "self_attn.v_proj")];
        private readonly Tensor output = model[LlamaWeights.Name(index, "self_attn.o_proj")];
        private readonly Tensor feedForwardNorm = model[LlamaWeights.Name(index, "post_attention_layernorm")];
        private readonly Tensor gate = model[LlamaWeights.Name(index, "mlp.gate_proj")];
        private readonly Tensor up = model[LlamaWeights.Name(index, "mlp.up_proj")];
        private readonly Tensor down = model[LlamaWeights.Name(index, "mlp.down_proj")];

        public Tensor Forward(Tensor x, Tensor cos, Tensor sin, KeyValueCache? cache)
        {
            x = x + Attend(Aten.RmsNorm(x, attentionNorm, config.RmsNormEpsilon), cos, sin, cache);
            var h = Aten.RmsNorm(x, feedForwardNorm, config.RmsNormEpsilon);
            return x + F.linear(F.silu(F.linear(h, gate)) * F.linear(h, up), down);
        }

        private Tensor Attend(Tensor h, Tensor cos, Tensor sin, KeyValueCache? cache)
        {
            var (rows, length) = (h.size(0), h.size(1));
            var q = RopeTable.Rotate(Heads(h, query, config.AttentionHeads), cos, sin).transpose(1, 2);
            var k = RopeTable.Rotate(Heads(h, key, config.KeyValueHeads), cos, sin).transpose(1, 2);
            var v = Heads(h, value, config.KeyValueHeads).transpose(1, 2);
            var causal = length > 1;
            if (cache is not null)
            {
                (k, v) = cache.Append(index, k, v);
            }

            var mixed = Aten.Attention(q, k, v, causal);
            return F.linear(mixed.transpose(1, 2).reshape(rows, length, (long)config.AttentionHeads * config.HeadDimension), output);
        }

        private Tensor Heads(Tensor h, Tensor weight, int heads) =>
            F.linear(h, weight).view(h.size(0), h.size(1), heads, config.HeadDimension);
    }
}
