using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>Cosines and sines [positions, head dimension / 2] of the rotary embedding; grow with the sequences.</summary>
/// <param name="deviceMemory">Of the kernels' device; null is the host.</param>
internal sealed unsafe class RotaryAngles(LlamaConfig config, IDeviceMemory? deviceMemory = null) : IDisposable
{
    private readonly double[] frequencies = config.RopeScaling.Frequencies(config.HeadDimension, config.RopeTheta);
    private readonly NativeBuffer<float> cosines = new();
    private readonly NativeBuffer<float> sines = new();
    private readonly NativeBuffer<float>? onDevice = deviceMemory is null ? null : new(deviceMemory);
    private int length;

    public Matrix Cosines => new(onDevice is null ? cosines.Data : onDevice.Data, length, frequencies.Length);

    public Matrix Sines => new(onDevice is null ? sines.Data : onDevice.Data + Count, length, frequencies.Length);

    private long Count => (long)length * frequencies.Length;

    /// <summary>Makes room for <paramref name="positions"/> positions; angles in double precision, so that far ones do not lose digits.</summary>
    public void Reserve(int positions)
    {
        if (positions <= length)
        {
            return;
        }

        length = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)positions);
        cosines.Reserve(Count);
        sines.Reserve(Count);
        for (var position = 0; position < length; position++)
        {
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                cosines.Data[(position * frequencies.Length) + i] = (float)cosine;
                sines.Data[(position * frequencies.Length) + i] = (float)sine;
            }
        }

        if (onDevice is not null)
        {
            onDevice.Reserve(2 * Count);
            onDevice.Write(new ReadOnlySpan<float>(cosines.Data, (int)Count));
            onDevice.Write(new ReadOnlySpan<float>(sines.Data, (int)Count), Count);
        }
    }

    /// <summary>Of native memory.</summary>
    public long Bytes => cosines.ByteCount + sines.ByteCount;

    public void Dispose()
    {
        cosines.Dispose();
        sines.Dispose();
        onDevice?.Dispose();
    }
}
