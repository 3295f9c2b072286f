using System.Runtime.InteropServices;
using FineTune.Training.Kernels;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>Values in a device's memory as tensors to read and write, by way of a piece of the host's; where memory is null they are there already.</summary>
internal static unsafe class DeviceValues
{
    private const int Piece = 1 << 20;

    public static TensorSource Source(IDeviceMemory? memory, float* data) =>
        memory is null ? TensorMemory.Source(data) : Staged<float>(memory, (byte*)data, host => TensorMemory.Source((float*)host));

    public static TensorSource Source(IDeviceMemory? memory, ushort* data) =>
        memory is null ? HalfMemory.Source(data) : Staged<ushort>(memory, (byte*)data, host => HalfMemory.Source((ushort*)host));

    public static TensorSource Source(IDeviceMemory? memory, byte* data) =>
        memory is null ? ByteMemory.Source(data) : Staged<byte>(memory, data, host => ByteMemory.Source((byte*)host));

    public static void Fill(IDeviceMemory? memory, float* data, long count, TensorSource source) =>
        Fill(memory, data, count, source, (host, length, piece) => TensorMemory.Fill((float*)host, length, piece));

    public static void Fill(IDeviceMemory? memory, ushort* data, long count, TensorSource source) =>
        Fill(memory, data, count, source, (host, length, piece) => HalfMemory.Fill((ushort*)host, length, piece));

    public static void Fill(IDeviceMemory? memory, byte* data, long count, TensorSource source) =>
        Fill(memory, data, count, source, (host, length, piece) => ByteMemory.Fill((byte*)host, length, piece));

    private static TensorSource Staged<T>(IDeviceMemory memory, byte* data, Func<nint, TensorSource> onHost)
        where T : unmanaged => (first, destination) =>
        {
            var staging = new T[destination.Length];
            memory.Read(data + (first * sizeof(T)), MemoryMarshal.AsBytes(staging.AsSpan()));
            fixed (T* host = staging)
            {
                onHost((nint)host)(0, destination);
            }
        };

    private static void Fill<T>(IDeviceMemory? memory, T* data, long count, TensorSource source, Action<nint, long, TensorSource> onHost)
        where T : unmanaged
    {
        if (memory is null)
        {
            onHost((nint)data, count, source);
            return;
        }

        var staging = new T[Math.Min(Piece, count)];
        for (var done = 0L; done < count; done += staging.Length)
        {
            var (start, length) = (done, (int)Math.Min(staging.Length, count - done));
            fixed (T* host = staging)
            {
                onHost((nint)host, length, (first, destination) => source(start + first, destination));
            }

            memory.Write(MemoryMarshal.AsBytes(staging.AsSpan(0, length)), data + done);
        }
    }
}
