using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>Cosines and sines [positions, head dimension / 2] of the rotary embedding; grow with the sequences.</summary>
internal sealed unsafe class RotaryAngles(LlamaConfig config) : IDisposable
{
    private readonly double[] frequencies = config.RopeScaling.Frequencies(config.HeadDimension, config.RopeTheta);
    private readonly NativeBuffer<float> cosines = new();
    private readonly NativeBuffer<float> sines = new();
    private int length;

    public Matrix Cosines => new(cosines.Data, length, frequencies.Length);

    public Matrix Sines => new(sines.Data, length, frequencies.Length);

    /// <summary>Makes room for <paramref name="positions"/> positions; angles in double precision, so that far ones do not lose digits.</summary>
    public void Reserve(int positions)
    {
        if (positions <= length)
        {
            return;
        }

        length = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)positions);
        cosines.Reserve((long)length * frequencies.Length);
        sines.Reserve((long)length * frequencies.Length);
        for (var position = 0; position < length; position++)
        {
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                Cosines.Row(position)[i] = (float)cosine;
                Sines.Row(position)[i] = (float)sine;
            }
        }
    }

    /// <summary>Of native memory.</summary>
    public long Bytes => cosines.ByteCount + sines.ByteCount;

    public void Dispose()
    {
        cosines.Dispose();
        sines.Dispose();
    }
}
