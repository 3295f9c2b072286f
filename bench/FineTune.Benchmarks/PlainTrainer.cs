using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace FineTune.Benchmarks;

/// <summary>
/// Llama as one would write it with TorchSharp alone: automatic differentiation, <c>torch.optim.AdamW</c>, one dispose scope a step.
/// Pinned: the measure of what the product's engine wins, not to be made faster.
/// </summary>
internal sealed class PlainTrainer : IDisposable
{
    private readonly LlamaConfig config;
    private readonly Dictionary<string, Parameter> weights = [];
    private readonly optim.Optimizer optimizer;
    private readonly Tensor cos;
    private readonly Tensor sin;

    public PlainTrainer(string modelFolder, Hyperparameters settings)
    {
        using var folder = ModelFolder.Open(modelFolder);
        config = folder.Config;
        foreach (var shape in LlamaWeights.Of(config.Shape))
        {
            var values = new float[shape.Count];
            folder.Weights.Read(shape.Name, 0, values);
            weights[shape.Name] = new Parameter(tensor(values, [.. shape.Shape]));
        }

        optimizer = optim.AdamW(
            weights.Values, settings.LearningRate, settings.Beta1, settings.Beta2, settings.Epsilon, settings.WeightDecay);
        double[] frequencies = config.RopeScaling.Frequencies(config.HeadDimension, config.RopeTheta);
        using var angles = outer(arange(config.MaxPositionEmbeddings + 8, float32), tensor(frequencies, float32));
        using var both = cat([angles, angles], 1);
        (cos, sin) = (both.cos(), both.sin());
    }

    /// <summary>One update; returns the mean loss.</summary>
    public double Step(MicroBatch batch)
    {
        using var scope = NewDisposeScope();
        var logits = Logits(tensor(batch.Inputs, [batch.Rows, batch.Length]));
        var labels = tensor(batch.Labels.Select(label => (long)label).ToArray());
        var loss = F.cross_entropy(logits.view(-1, config.VocabSize), labels);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        return loss.item<float>();
    }

    public void Dispose()
    {
        optimizer.Dispose();
        cos.Dispose();
        sin.Dispose();
        foreach (var weight in weights.Values)
        {
            weight.Dispose();
        }
    }

    private Tensor Logits(Tensor tokens)
    {
        var x = weights[LlamaWeights.Embedding].index_select(0, tokens.view(-1)).view(tokens.size(0), tokens.size(1), config.HiddenSize);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            Tensor Weight(string part) => weights[LlamaWeights.Name(layer, part)];
            var h = Norm(x, Weight("input_layernorm"));
            var mixed = Attention(h, Weight("self_attn.q_proj"), Weight("self_attn.k_proj"), Weight("self_attn.v_proj"));
            x += F.linear(mixed, Weight("self_attn.o_proj"));
            h = Norm(x, Weight("post_attention_layernorm"));
            x += F.linear(F.silu(F.linear(h, Weight("mlp.gate_proj"))) * F.linear(h, Weight("mlp.up_proj")), Weight("mlp.down_proj"));
        }

        return F.linear(Norm(x, weights[LlamaWeights.FinalNorm]), weights[config.TieWordEmbeddings ? LlamaWeights.Embedding : LlamaWeights.Output]);
    }

    private Tensor Attention(Tensor h, Tensor query, Tensor key, Tensor value)
    {
        var repeats = config.AttentionHeads / config.KeyValueHeads;
        var q = Rotate(Heads(F.linear(h, query)));
        var k = Rotate(Heads(F.linear(h, key)));
        var v = Heads(F.linear(h, value));
        if (repeats > 1)
        {
            (k, v) = (k.repeat_interleave(repeats, 1), v.repeat_interleave(repeats, 1));
        }

        return F.scaled_dot_product_attention(q, k, v, is_casual: true).transpose(1, 2).reshape(h.size(0), h.size(1), -1);
    }

    private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), -1, config.HeadDimension).transpose(1, 2);

    private Tensor Rotate(Tensor x)
    {
        var (length, half) = (x.size(2), config.HeadDimension / 2);
        var turned = cat([x.narrow(3, half, half).neg(), x.narrow(3, 0, half)], 3);
        return (x * cos.narrow(0, 0, length)) + (turned * sin.narrow(0, 0, length));
    }

    private Tensor Norm(Tensor x, Tensor gain) => x * rsqrt(x.pow(2).mean([-1], true) + config.RmsNormEpsilon) * gain;
}
