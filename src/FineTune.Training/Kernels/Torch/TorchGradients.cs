using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Sums of gradients and their norm.</summary>
internal sealed unsafe class TorchGradients(TorchScope scope) : IDisposable
{
    /// <summary>Values that are squared together.</summary>
    private const long Piece = 1 << 22;

    private readonly NativeBuffer<double> wide = new(scope.Memory);
    private readonly NativeBuffer<double> squares = new(scope.Memory);
    private readonly NativeBuffer<double> host = new();

    public double Sum(float** gradients, int buffers, long count)
    {
        for (var other = 1; other < buffers; other++)
        {
            Operators.Add(scope.Flat(gradients[0], count), scope.Flat(gradients[other], count));
        }

        if (count == 0)
        {
            return 0;
        }

        // In double precision: the squares of small gradients leave the range of single precision.
        var pieces = (int)((count + Piece - 1) / Piece);
        wide.Reserve(Math.Min(Piece, count));
        squares.Reserve(pieces);
        for (var piece = 0; piece < pieces; piece++)
        {
            var length = Math.Min(Piece, count - (piece * Piece));
            Operators.Copy.Run(Wide(length), scope.Flat(gradients[0] + (piece * Piece), length), Word.False);
            Operators.Dot.Run(Wide(length), Wide(length), scope.View(squares.Data + piece, ElementType.Double, [], []));
        }

        TorchScope.Download(scope.Flat(squares.Data, pieces, ElementType.Double), host.Reserve(pieces), ElementType.Double, pieces);
        var total = 0.0;
        for (var piece = 0; piece < pieces; piece++)
        {
            total += host.Data[piece];
        }

        return total;
    }

    public void Dispose()
    {
        wide.Dispose();
        squares.Dispose();
        host.Dispose();
    }

    private TensorHandle Wide(long length) => scope.Flat(wide.Data, length, ElementType.Double);
}
