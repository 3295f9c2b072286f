using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>8-bit codes with a scale for every <see cref="StoredValues.Block"/> values, as <see cref="Cpu.Updates.QuarticStore{TSign}"/> has them.</summary>
/// <param name="levels">The largest code; 127 with a sign, 255 without.</param>
internal readonly unsafe struct TorchCodes(TorchScope scope, TorchNoise noise, StoredValues stored, int levels)
{
    private const int Block = StoredValues.Block;

    private bool HasSign => levels == 127;

    private float Fourth => (float)levels * levels * levels * levels;

    public void Load(long first, int count, float* values)
    {
        var whole = count / Block * Block;
        LoadBlocks(first, whole / Block, Block, values);
        LoadBlocks(first + whole, 1, count - whole, values + whole);
    }

    public void Store(long first, int count, float* values)
    {
        var whole = count / Block * Block;
        StoreBlocks(first, whole / Block, Block, values);
        StoreBlocks(first + whole, 1, count - whole, values + whole);
    }

    /// <summary>Blocks of <paramref name="width"/> values; the last of a tensor may be shorter than the others.</summary>
    private void LoadBlocks(long first, int blocks, int width, float* values)
    {
        if (blocks == 0 || width == 0)
        {
            return;
        }

        var at = new Matrix(values, blocks, width);
        var (code, step) = (scope.Scratch(0, blocks, width), scope.Scratch(1, blocks, 1));
        Operators.Copy.Run(scope.View(code), Codes(first, blocks, width), Word.False);
        Operators.Mul.Run(scope.View(code), scope.View(code), scope.View(at));
        Operators.Mul.Run(scope.View(at), scope.View(at), scope.View(at));
        if (HasSign)
        {
            Operators.CopySign.Run(scope.View(at), scope.View(code), scope.View(at));
        }

        Operators.Div.Run(Scales(first, blocks), TensorHandle.Of(Fourth), scope.View(step));
        Operators.Mul.Run(scope.View(at), scope.View(step), scope.View(at));
    }

    private void StoreBlocks(long first, int blocks, int width, float* values)
    {
        if (blocks == 0 || width == 0)
        {
            return;
        }

        var at = new Matrix(values, blocks, width);
        var (x, chance, unit) = (scope.Scratch(0, blocks, width), scope.Scratch(1, blocks, width), scope.Scratch(2, blocks, 1));
        Operators.Abs.Run(scope.View(at), scope.View(x));
        Operators.Max.Run(scope.View(x), Word.List(1), Word.True, Scales(first, blocks));

        // A block of zeros has scale 0 and codes 0.
        Operators.Div.Run(TensorHandle.Of(Fourth), Scales(first, blocks), scope.View(unit));
        var isZero = scope.Scratch(3, blocks, 1).Data;
        Operators.GreaterOrEqual.Run(TensorHandle.Of(0f), Scales(first, blocks), Flags(isZero, blocks, 1));
        Operators.MaskedFill.Run(scope.View(unit), Flags(isZero, blocks, 1), TensorHandle.Of(0f));
        Operators.Mul.Run(scope.View(x), scope.View(unit), scope.View(x));
        noise.Uniform(stored, first, blocks * width, chance.Data);
        Round(x, chance);
        if (HasSign)
        {
            Operators.CopySign.Run(scope.View(x), scope.View(at), scope.View(x));
        }

        Operators.Copy.Run(Codes(first, blocks, width), scope.View(x), Word.False);
    }

    /// <summary>x = code⁴ becomes the code below, or the one above it where chance falls short of the part between.</summary>
    private void Round(Matrix x, Matrix chance)
    {
        var (lower, gap, below) = (scope.Scratch(2, x.Rows, x.Columns), scope.Scratch(3, x.Rows, x.Columns), scope.Scratch(4, x.Rows, x.Columns));
        Operators.Sqrt.Run(scope.View(x), scope.View(lower));
        Operators.Sqrt.Run(scope.View(lower), scope.View(lower));
        Operators.Floor.Run(scope.View(lower), scope.View(lower));
        Operators.Minimum.Run(scope.View(lower), TensorHandle.Of((float)levels), scope.View(lower));

        // A code is the upper one where chance · ((lower + 1)⁴ - lower⁴) < x - lower⁴.
        Operators.Copy.Run(scope.View(gap), scope.View(lower), Word.False);
        Operators.Add(scope.View(gap), TensorHandle.Of(1f));
        Square(gap, gap);
        Square(gap, gap);
        Square(lower, below);
        Square(below, below);
        Operators.Add(scope.View(gap), scope.View(below), -1);
        Operators.Mul.Run(scope.View(gap), scope.View(chance), scope.View(gap));
        Operators.Add(scope.View(x), scope.View(below), -1);
        Operators.Less.Run(scope.View(gap), scope.View(x), Flags(below.Data, x.Rows, x.Columns));
        Operators.Add(scope.View(lower), Flags(below.Data, x.Rows, x.Columns));
        Operators.Minimum.Run(scope.View(lower), TensorHandle.Of((float)levels), scope.View(x));
    }

    private void Square(Matrix value, Matrix result) => Operators.Mul.Run(scope.View(value), scope.View(value), scope.View(result));

    private TensorHandle Codes(long first, int blocks, int width) =>
        scope.View((byte*)stored.Data + first, HasSign ? ElementType.Int8 : ElementType.UInt8, [blocks, width], [width, 1]);

    private TensorHandle Scales(long first, int blocks) => scope.Column(stored.Scales + (first / Block), blocks);

    private TensorHandle Flags(void* data, int rows, int columns) => scope.View(data, ElementType.Boolean, [rows, columns], [columns, 1]);
}
