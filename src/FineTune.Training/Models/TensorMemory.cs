using FineTune.Training.Native;
using FineTune.Training.Safetensors;
using static TorchSharp.torch;

namespace FineTune.Training.Models;

/// <summary>Direct access to the memory of contiguous fp32 tensors, in pieces, so tensors beyond 2³¹ elements work too.</summary>
internal static unsafe class TensorMemory
{
    private const int Piece = 1 << 20;

    public static TensorSource Source(Tensor tensor) => (first, destination) =>
        new ReadOnlySpan<float>(Aten.Data(tensor) + first, destination.Length).CopyTo(destination);

    public static void Fill(Tensor tensor, TensorSource source)
    {
        var data = Aten.Data(tensor);
        var count = tensor.numel();
        for (var first = 0L; first < count; first += Piece)
        {
            source(first, new Span<float>(data + first, (int)Math.Min(Piece, count - first)));
        }
    }
}
