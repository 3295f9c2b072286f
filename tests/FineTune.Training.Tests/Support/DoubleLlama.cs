using FineTune.Core.Training;
using FineTune.Training.Models;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace FineTune.Training.Tests.Support;

/// <summary>
/// Llama in double precision with libtorch's automatic differentiation, one sequence at a time, from elementary operators: the whole
/// gradient of <see cref="ReferenceLlama"/>'s loss, which that only gives by finite differences.
/// </summary>
internal sealed class DoubleLlama(LlamaConfig config)
{
    private readonly ReferenceLlama reference = new(config);
    private readonly Dictionary<string, Tensor> weights = [];

    /// <summary>Mean negative log-likelihood of the trained tokens and its gradient by weight.</summary>
    public (double Loss, Dictionary<string, double[]> Gradients) Differentiate(IReadOnlyList<TokenSequence> sequences)
    {
        using var scope = NewDisposeScope();
        foreach (var shape in LlamaWeights.Of(config.Shape))
        {
            weights[shape.Name] = tensor(reference.Weights[shape.Name], [.. shape.Shape], requires_grad: true);
        }

        var sum = sequences.Select(Loss).Aggregate((left, right) => left + right);
        var loss = sum / sequences.Sum(sequence => sequence.TrainedCount);
        loss.backward();
        return (loss.item<double>(), weights.ToDictionary(pair => pair.Key, pair => pair.Value.grad!.contiguous().data<double>().ToArray()));
    }

    private Tensor Loss(TokenSequence sequence)
    {
        long[] labels = [.. sequence.Tokens.Skip(1).Select((token, i) => sequence.Trained[i + 1] ? token : (long)MicroBatch.Ignored)];
        return F.cross_entropy(Logits(sequence.Tokens[..^1]), tensor(labels), reduction: nn.Reduction.Sum);
    }

    private Tensor Logits(int[] tokens)
    {
        var x = weights[LlamaWeights.Embedding].index_select(0, tensor(tokens));
        for (var layer = 0; layer < config.Layers; layer++)
        {
            Tensor Weight(string part) => weights[LlamaWeights.Name(layer, part)];
            var h = Norm(x, Weight("input_layernorm"));
            x += Attention(h, Weight("self_attn.q_proj"), Weight("self_attn.k_proj"), Weight("self_attn.v_proj")).mm(Weight("self_attn.o_proj").t());
            h = Norm(x, Weight("post_attention_layernorm"));
            var gate = h.mm(Weight("mlp.gate_proj").t());
            x += (gate * gate.sigmoid() * h.mm(Weight("mlp.up_proj").t())).mm(Weight("mlp.down_proj").t());
        }

        return Norm(x, weights[LlamaWeights.FinalNorm]).mm(weights[config.TieWordEmbeddings ? LlamaWeights.Embedding : LlamaWeights.Output].t());
    }

    private Tensor Attention(Tensor h, Tensor query, Tensor key, Tensor value)
    {
        var (length, width) = (h.size(0), config.HeadDimension);
        var repeats = config.AttentionHeads / config.KeyValueHeads;
        var q = Rotate(h.mm(query.t()).view(length, -1, width)).transpose(0, 1);
        var k = Rotate(h.mm(key.t()).view(length, -1, width)).repeat_interleave(repeats, 1).permute(1, 2, 0);
        var v = h.mm(value.t()).view(length, -1, width).repeat_interleave(repeats, 1).transpose(0, 1);
        var future = ones(length, length, @bool).triu(1);
        var scores = (q.matmul(k) / Math.Sqrt(width)).masked_fill(future, double.NegativeInfinity);
        return scores.softmax(-1).matmul(v).transpose(0, 1).reshape(length, -1);
    }

    private Tensor Rotate(Tensor x)
    {
        var half = config.HeadDimension / 2;
        var frequencies = tensor(Enumerable.Range(0, half).Select(reference.Frequency).ToArray());
        var angles = arange(x.size(0), float64).unsqueeze(1).mul(frequencies).unsqueeze(1);
        var (cos, sin) = (angles.cos(), angles.sin());
        var (a, b) = (x.narrow(2, 0, half), x.narrow(2, half, half));
        return cat([(a * cos) - (b * sin), (b * cos) + (a * sin)], 2);
    }

    private Tensor Norm(Tensor x, Tensor gain) => x * (x.pow(2).mean([-1], keepdim: true) + config.RmsNormEpsilon).rsqrt() * gain;
}
