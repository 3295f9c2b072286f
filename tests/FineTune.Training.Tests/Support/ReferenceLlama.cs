using FineTune.Core.Training;
using FineTune.Training.Models;

namespace FineTune.Training.Tests.Support;

/// <summary>Llama as plain loops in double precision, written from the papers and sharing nothing with the engine but weight names.</summary>
internal sealed class ReferenceLlama
{
    private readonly LlamaConfig config;

    public ReferenceLlama(LlamaConfig config)
    {
        this.config = config;
        foreach (var tensor in TestModels.Weights(config))
        {
            var values = new float[tensor.Count];
            tensor.Source(0, values);
            Weights[tensor.Name] = [.. values.Select(value => (double)value)];
        }
    }

    public Dictionary<string, double[]> Weights { get; } = [];

    /// <summary>Mean negative log-likelihood of the trained tokens.</summary>
    public double Loss(IReadOnlyList<TokenSequence> sequences)
    {
        var (sum, count) = (0.0, 0);
        foreach (var (tokens, trained) in sequences)
        {
            var logits = Logits(tokens[..^1]);
            for (var i = 0; i + 1 < tokens.Length; i++)
            {
                if (trained[i + 1])
                {
                    var highest = logits[i].Max();
                    sum += highest + Math.Log(logits[i].Sum(logit => Math.Exp(logit - highest))) - logits[i][tokens[i + 1]];
                    count++;
                }
            }
        }

        return sum / count;
    }

    /// <summary>Scores by position.</summary>
    public double[][] Logits(int[] tokens)
    {
        var embedding = Weights["model.embed_tokens.weight"];
        double[][] x = [.. tokens.Select(token => embedding[(token * config.HiddenSize)..((token + 1) * config.HiddenSize)])];
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            var attended = Attention(prefix + "self_attn.", [.. x.Select(row => Norm(row, prefix + "input_layernorm.weight"))]);
            x = [.. x.Zip(attended, Add)];
            x = [.. x.Select(row => Add(row, FeedForward(prefix + "mlp.", Norm(row, prefix + "post_attention_layernorm.weight"))))];
        }

        var output = config.TieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
        return [.. x.Select(row => Linear(Norm(row, "model.norm.weight"), output))];
    }

    /// <summary>Frequency of pair <paramref name="i"/>, by the wavelength formulas of Llama 3.1's reference code.</summary>
    public double Frequency(int i)
    {
        var frequency = 1 / Math.Pow(config.RopeTheta, 2.0 * i / config.HeadDimension);
        if (config.Scaling is { Type: RopeType.Linear } linear)
        {
            return frequency / linear.Factor;
        }

        if (config.Scaling is not { Type: RopeType.Llama3 } scaling)
        {
            return frequency;
        }

        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < scaling.OriginalMaxPositionEmbeddings / scaling.HighFreqFactor)
        {
            return frequency;
        }

        if (wavelength > scaling.OriginalMaxPositionEmbeddings / scaling.LowFreqFactor)
        {
            return frequency / scaling.Factor;
        }

        var smooth = ((scaling.OriginalMaxPositionEmbeddings / wavelength) - scaling.LowFreqFactor)
            / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return ((1 - smooth) * frequency / scaling.Factor) + (smooth * frequency);
    }

    private double[][] Attention(string prefix, double[][] h)
    {
        var (heads, width) = (config.AttentionHeads, config.HeadDimension);
        double[][] q = [.. h.Select((row, position) => Rotate(Linear(row, prefix + "q_proj.weight"), position))];
        double[][] k = [.. h.Select((row, position) => Rotate(Linear(row, prefix + "k_proj.weight"), position))];
        double[][] v = [.. h.Select(row => Linear(row, prefix + "v_proj.weight"))];
        var result = new double[h.Length][];
        for (var t = 0; t < h.Length; t++)
        {
            var mixed = new double[heads * width];
            for (var head = 0; head < heads; head++)
            {
                var group = head / (heads / config.KeyValueHeads);
                var weights = new double[t + 1];
                for (var s = 0; s <= t; s++)
                {
                    var dot = 0.0;
                    for (var i = 0; i < width; i++)
                    {
                        dot += q[t][(head * width) + i] * k[s][(group * width) + i];
                    }

                    weights[s] = Math.Exp(dot / Math.Sqrt(width));
                }

                for (var i = 0; i < width; i++)
                {
                    for (var s = 0; s <= t; s++)
                    {
                        mixed[(head * width) + i] += weights[s] / weights.Sum() * v[s][(group * width) + i];
                    }
                }
            }

            result[t] = Linear(mixed, prefix + "o_proj.weight");
        }

        return result;
    }

    private double[] Rotate(double[] x, int position)
    {
        var (width, half) = (config.HeadDimension, config.HeadDimension / 2);
        var rotated = new double[x.Length];
        for (var start = 0; start < x.Length; start += width)
        {
            for (var i = 0; i < half; i++)
            {
                var (sin, cos) = Math.SinCos(position * Frequency(i));
                rotated[start + i] = (x[start + i] * cos) - (x[start + i + half] * sin);
                rotated[start + i + half] = (x[start + i + half] * cos) + (x[start + i] * sin);
            }
        }

        return rotated;
    }

    private double[] FeedForward(string prefix, double[] h)
    {
        var gate = Linear(h, prefix + "gate_proj.weight");
        var up = Linear(h, prefix + "up_proj.weight");
        return Linear([.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)], prefix + "down_proj.weight");
    }

    private double[] Norm(double[] x, string weight)
    {
        var scale = 1 / Math.Sqrt((x.Sum(value => value * value) / x.Length) + config.RmsNormEpsilon);
        return [.. x.Zip(Weights[weight], (value, gain) => value * scale * gain)];
    }

    private double[] Linear(double[] x, string weight)
    {
        var matrix = Weights[weight];
        var result = new double[matrix.Length / x.Length];
        for (var row = 0; row < result.Length; row++)
        {
            for (var i = 0; i < x.Length; i++)
            {
                result[row] += matrix[(row * x.Length) + i] * x[i];
            }
        }

        return result;
    }

    private static double[] Add(double[] left, double[] right) => [.. left.Zip(right, (a, b) => a + b)];
}
