using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Models;

/// <summary>Cosines and sines of all positions, in the half-split order of Hugging Face's weights: dimension i pairs with i + d/2.</summary>
internal sealed class RopeTable : IDisposable
{
    private const int FirstLength = 512;
    private readonly double[] frequencies;
    private readonly int maximum;
    private Tensor cosines = null!;
    private Tensor sines = null!;

    public RopeTable(LlamaConfig config)
    {
        frequencies = config.RopeScaling.Frequencies(config.HeadDimension, config.RopeTheta);
        maximum = config.MaxPositionEmbeddings;
        Build(Math.Min(FirstLength, maximum));
    }

    /// <summary>Tables [T, 1, d] of positions <paramref name="start"/> … start + T - 1.</summary>
    public (Tensor Cos, Tensor Sin) Slice(int start, int length)
    {
        if (start + length > cosines.size(0))
        {
            // Contexts can be long and memory short, so the tables grow with use.
            Dispose();
            Build(Math.Max(start + length, Math.Min(maximum, 2 * (start + length))));
        }

        return (cosines.narrow(0, start, length), sines.narrow(0, start, length));
    }

    /// <summary>Turns each pair of <paramref name="x"/> [B, T, H, d] by its position's angle.</summary>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin) => addcmul(x * cos, x.roll(x.size(3) / 2, 3), sin, 1);

    public void Dispose()
    {
        cosines.Dispose();
        sines.Dispose();
    }

    // In double precision, so that far positions do not lose their angle.
    private void Build(int length)
    {
        var half = frequencies.Length;
        var cos = new float[length * 2 * half];
        var sin = new float[cos.Length];
        for (var position = 0; position < length; position++)
        {
            for (var i = 0; i < half; i++)
            {
                var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                var at = (position * 2 * half) + i;
                cos[at] = cos[at + half] = (float)cosine;

                // Signed for Rotate: the first half takes minus the second.
                sin[at] = (float)-sine;
                sin[at + half] = (float)sine;
            }
        }

        cosines = tensor(cos, [length, 1, 2 * half]).DetachFromDisposeScope();
        sines = tensor(sin, [length, 1, 2 * half]).DetachFromDisposeScope();
    }
}
