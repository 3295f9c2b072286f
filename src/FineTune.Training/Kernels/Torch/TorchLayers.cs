using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Norm, rotation and gated activation, from elementwise operators in place.</summary>
internal sealed unsafe class TorchLayers(TorchScope scope)
{
    public void RmsNorm(Matrix x, float* gain, float epsilon, float* scale, Matrix y)
    {
        Operators.Mul.Run(scope.View(x), scope.View(x), scope.View(y));
        Operators.Mean.Run(scope.View(y), Word.Optional(Word.List(1)), Word.True, Word.None, scope.Column(scale, x.Rows));
        Operators.Add(scope.Column(scale, x.Rows), TensorHandle.Of(epsilon));
        Operators.Rsqrt.Run(scope.Column(scale, x.Rows), scope.Column(scale, x.Rows));
        Operators.Mul.Run(scope.View(x), scope.Column(scale, x.Rows), scope.View(y));
        Operators.Mul.Run(scope.View(y), scope.Row(gain, x.Columns), scope.View(y));
    }

    /// <summary>With s the scale of a row and g the gain: dg += Σ dy x s over rows; dx += s g dy - x s³ Σ(g dy x) / D.</summary>
    public void RmsNormGradient(Matrix x, float* gain, float* scale, Matrix dy, Matrix dx, float* dGain)
    {
        var (rows, columns) = (x.Rows, x.Columns);
        var product = scope.Scratch(0, rows, columns);
        Operators.Mul.Run(scope.View(dy), scope.View(x), scope.View(product));
        Operators.Mul.Run(scope.View(product), scope.Column(scale, rows), scope.View(product));
        var sums = scope.Scratch(1, 1, columns);
        Operators.Sum.Run(scope.View(product), Word.Optional(Word.List(0)), Word.True, Word.None, scope.View(sums));
        Operators.Add(scope.Row(dGain, columns), scope.View(sums));

        var means = scope.Scratch(2, rows, 1);
        Operators.Mul.Run(scope.View(product), scope.Row(gain, columns), scope.View(product));
        Operators.Mean.Run(scope.View(product), Word.Optional(Word.List(1)), Word.True, Word.None, scope.View(means));
        Operators.Mul.Run(scope.View(means), scope.Column(scale, rows), scope.View(means));
        Operators.Mul.Run(scope.View(means), scope.Column(scale, rows), scope.View(means));
        Operators.AddProduct(scope.View(dx), scope.View(x), scope.View(means), -1);

        Operators.Mul.Run(scope.View(dy), scope.Row(gain, columns), scope.View(product));
        Operators.AddProduct(scope.View(dx), scope.View(product), scope.Column(scale, rows));
    }

    public void Rotate(Matrix heads, Matrix cosines, Matrix sines, int* positions, bool back)
    {
        var (rows, half) = (heads.Rows, cosines.Columns);
        var count = heads.Columns / (2 * half);
        var sign = back ? -1f : 1f;
        var (cosine, sine) = (scope.Scratch(0, rows, half), scope.Scratch(1, rows, half));
        Operators.IndexSelect.Run(scope.View(cosines), 0, scope.Indices(positions, rows), scope.View(cosine));
        Operators.IndexSelect.Run(scope.View(sines), 0, scope.Indices(positions, rows), scope.View(sine));
        var (kept, turned) = (scope.Scratch(2, rows, count * half), scope.Scratch(3, rows, count * half));
        Operators.Mul.Run(Half(heads, 0), Angle(sine), Packed(kept));
        Operators.Mul.Run(Half(heads, half), Angle(sine), Packed(turned));
        Operators.Mul.Run(Half(heads, 0), Angle(cosine), Half(heads, 0));
        Operators.Add(Half(heads, 0), Packed(turned), -sign);
        Operators.Mul.Run(Half(heads, half), Angle(cosine), Half(heads, half));
        Operators.Add(Half(heads, half), Packed(kept), sign);

        TensorHandle Half(Matrix matrix, int first) =>
            scope.View(matrix.Data + first, ElementType.Single, [rows, count, half], [matrix.Stride, 2 * half, 1]);
        TensorHandle Angle(Matrix angle) => scope.View(angle.Data, ElementType.Single, [rows, 1, half], [half, half, 1]);
        TensorHandle Packed(Matrix matrix) => scope.View(matrix.Data, ElementType.Single, [rows, count, half], [count * half, half, 1]);
    }

    public void SwiGlu(Matrix gateUp, Matrix y)
    {
        Operators.Silu.Run(scope.View(gateUp.Narrow(0, y.Columns)), scope.View(y));
        Operators.Mul.Run(scope.View(y), scope.View(gateUp.Narrow(y.Columns, y.Columns)), scope.View(y));
    }

    public void SwiGluGradient(Matrix gateUp, Matrix dy)
    {
        var (gate, up) = (gateUp.Narrow(0, dy.Columns), gateUp.Narrow(dy.Columns, dy.Columns));
        var (silu, product) = (scope.Scratch(0, dy.Rows, dy.Columns), scope.Scratch(1, dy.Rows, dy.Columns));
        Operators.Silu.Run(scope.View(gate), scope.View(silu));
        Operators.Mul.Run(scope.View(dy), scope.View(up), scope.View(product));
        Operators.SiluBackward.Run(scope.View(product), scope.View(gate), scope.View(gate));
        Operators.Mul.Run(scope.View(silu), scope.View(up), scope.View(product));
        Operators.Mul.Run(scope.View(dy), scope.View(silu), scope.View(up));
        Operators.Copy.Run(scope.View(dy), scope.View(product), Word.False);
    }
}
