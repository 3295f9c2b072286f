using FineTune.Training.Native;
using FineTune.Training.Safetensors;
using static TorchSharp.torch;

namespace FineTune.Training.Models;

/// <summary>Direct access to memory, such as that of contiguous fp32 tensors, in pieces, so tensors beyond 2³¹ elements work too.</summary>
internal static unsafe class TensorMemory
{
    private const int Piece = 1 << 20;

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
}
