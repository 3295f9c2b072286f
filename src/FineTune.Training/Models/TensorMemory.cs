using FineTune.Training.Native;
using FineTune.Training.Safetensors;
using static TorchSharp.torch;

namespace FineTune.Training.Models;

/// <summary>Takes the values from element <paramref name="first"/> on.</summary>
internal delegate void TensorSink(long first, ReadOnlySpan<float> values);

/// <summary>Direct access to memory, such as that of contiguous fp32 tensors, in pieces, so tensors beyond 2³¹ elements work too.</summary>
internal static unsafe class TensorMemory
{
    private const int Piece = 1 << 20;
    private const int ConvertedPiece = 1 << 16;

    public static TensorSource Source(Tensor tensor) => Source(Aten.Data(tensor));

    public static TensorSource Source(float* data) => (first, destination) =>
        new ReadOnlySpan<float>(data + first, destination.Length).CopyTo(destination);

    public static void Fill(Tensor tensor, TensorSource source) => Fill(Aten.Data(tensor), tensor.numel(), source);

    public static void Fill(float* data, long count, TensorSource source)
    {
        for (var first = 0L; first < count; first += Piece)
        {
            source(first, new Span<float>(data + first, (int)Math.Min(Piece, count - first)));
        }
    }

    /// <summary>Reads values that are kept in another form.</summary>
    public static void Read(long count, TensorSource source, TensorSink sink)
    {
        var values = new float[Math.Min(ConvertedPiece, count)];
        for (var first = 0L; first < count; first += ConvertedPiece)
        {
            var piece = values.AsSpan(0, (int)Math.Min(ConvertedPiece, count - first));
            source(first, piece);
            sink(first, piece);
        }
    }
}
