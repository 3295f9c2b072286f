using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>
/// Products with weights. Weights in bfloat16 are either widened, panel by panel, so that only they are rounded, or the other factor is
/// narrowed to bfloat16 too, which tensor cores multiply many times as fast, adding up in single precision.
/// </summary>
/// <param name="narrow">Whether products are of bfloat16 where a weight is.</param>
internal sealed unsafe class TorchProducts(TorchScope scope, bool narrow) : IDisposable
{
    /// <summary>Values of a widened panel.</summary>
    private const int PanelValues = 1 << 22;

    private readonly NativeBuffer<ushort> left = new(scope.Memory);
    private readonly NativeBuffer<ushort> right = new(scope.Memory);
    private readonly NativeBuffer<ushort> product = new(scope.Memory);

    public void Linear(Matrix x, Weight weight, Matrix y, bool add)
    {
        if (weight.IsHalf && narrow)
        {
            var output = Halves(product, y.Rows, y.Columns);
            Operators.Mm.Run(Narrow(left, x), Transposed(weight.Halves(0), weight.Rows, weight.Columns), output);
            Keep(Halves(product, y.Rows, y.Columns), y, add);
            return;
        }

        var height = PanelRows(weight);
        for (var first = 0; first < weight.Rows; first += height)
        {
            var panel = Panel(weight, first, height);
            Multiply(scope.View(x), scope.Transposed(panel), y.Narrow(first, panel.Rows), add);
        }
    }

    public void InputGradient(Matrix dy, Weight weight, Matrix dx)
    {
        if (weight.IsHalf && narrow)
        {
            Operators.Mm.Run(Narrow(left, dy), Halves(weight.Halves(0), weight.Rows, weight.Columns), Halves(product, dx.Rows, dx.Columns));
            Keep(Halves(product, dx.Rows, dx.Columns), dx, add: false);
            return;
        }

        var height = PanelRows(weight);
        for (var first = 0; first < weight.Rows; first += height)
        {
            var panel = Panel(weight, first, height);
            Multiply(scope.View(dy.Narrow(first, panel.Rows)), scope.View(panel), dx, add: first > 0);
        }
    }

    public void WeightGradient(Matrix dy, Matrix x, Matrix dWeight, bool add)
    {
        if (!narrow)
        {
            Multiply(scope.Transposed(dy), scope.View(x), dWeight, add);
            return;
        }

        Narrow(left, dy).Dispose();
        Operators.Mm.Run(Transposed(left.Data, dy.Rows, dy.Columns), Narrow(right, x), Halves(product, dWeight.Rows, dWeight.Columns));
        Keep(Halves(product, dWeight.Rows, dWeight.Columns), dWeight, add);
    }

    public void Dispose()
    {
        left.Dispose();
        right.Dispose();
        product.Dispose();
    }

    /// <summary>Single precision needs no panels.</summary>
    private static int PanelRows(Weight weight) => weight.IsHalf ? Math.Clamp(PanelValues / weight.Columns, 1, weight.Rows) : weight.Rows;

    private void Multiply(TensorHandle x, TensorHandle w, Matrix y, bool add)
    {
        if (add)
        {
            Operators.AddMm(scope.View(y), x, w);
        }
        else
        {
            Operators.Mm.Run(x, w, scope.View(y));
        }
    }

    private Matrix Panel(Weight weight, int first, int height)
    {
        if (!weight.IsHalf)
        {
            return weight.Single;
        }

        var rows = weight.Slice(first, Math.Min(height, weight.Rows - first));
        var panel = scope.Scratch(0, rows.Rows, rows.Columns);
        Operators.Copy.Run(scope.View(panel), Halves(rows.Halves(0), rows.Rows, rows.Columns), Word.False);
        return panel;
    }

    private TensorHandle Narrow(NativeBuffer<ushort> buffer, Matrix x)
    {
        Operators.Copy.Run(Halves(buffer, x.Rows, x.Columns), scope.View(x), Word.False);
        return Halves(buffer, x.Rows, x.Columns);
    }

    private void Keep(TensorHandle result, Matrix y, bool add)
    {
        if (add)
        {
            Operators.Add(scope.View(y), result);
        }
        else
        {
            Operators.Copy.Run(scope.View(y), result, Word.False);
        }
    }

    private TensorHandle Halves(NativeBuffer<ushort> buffer, int rows, int columns) => Halves(buffer.Reserve((long)rows * columns), rows, columns);

    private TensorHandle Halves(ushort* data, int rows, int columns) => scope.View(data, ElementType.BFloat16, [rows, columns], [columns, 1]);

    private TensorHandle Transposed(ushort* data, int rows, int columns) => scope.View(data, ElementType.BFloat16, [columns, rows], [1, columns]);
}
