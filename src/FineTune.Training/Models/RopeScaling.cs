namespace FineTune.Training.Models;

public enum RopeType
{
    /// <summary>Frequencies as they are.</summary>
    Default,

    /// <summary>All frequencies divided by the factor.</summary>
    Linear,

    /// <summary>Llama 3.1's: long wavelengths divided by the factor, short ones kept, a ramp between.</summary>
    Llama3,
}

/// <summary>How rotary frequencies are stretched for contexts beyond the original one; <c>rope_scaling</c> of <c>config.json</c>.</summary>
/// <param name="OriginalMaxPositionEmbeddings">Context length of the pre-training, in tokens; for <see cref="RopeType.Llama3"/>.</param>
public sealed record RopeScaling(
    RopeType Type,
    double Factor = 1,
    double LowFreqFactor = 1,
    double HighFreqFactor = 4,
    int OriginalMaxPositionEmbeddings = 8192)
{
    public static RopeScaling None { get; } = new(RopeType.Default);

    /// <summary>
    /// Frequencies in radians per position, one for each of headDimension / 2 pairs (Su et al., "RoFormer", 2021; scaling as in
    /// Llama 3.1's reference code and transformers' <c>_compute_llama3_parameters</c>).
    /// </summary>
    public double[] Frequencies(int headDimension, double theta)
    {
        var frequencies = new double[headDimension / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Scale(Math.Pow(theta, -2.0 * i / headDimension));
        }

        return frequencies;
    }

    private double Scale(double frequency)
    {
        if (Type != RopeType.Llama3)
        {
            return Type == RopeType.Linear ? frequency / Factor : frequency;
        }

        // How many times the wave turns within the original context decides the band.
        var turns = OriginalMaxPositionEmbeddings * frequency / (2 * Math.PI);
        var kept = Math.Clamp((turns - LowFreqFactor) / (HighFreqFactor - LowFreqFactor), 0, 1);
        return (kept * frequency) + ((1 - kept) * frequency / Factor);
    }
}
