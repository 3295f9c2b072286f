using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>
/// Attention from products and a softmax, in single precision on any device, one segment and key head after another: exact, at the price of
/// scores that are as large as a segment is long, squared.
/// </summary>
internal sealed unsafe class PlainAttention(TorchScope scope) : ITorchAttention
{
    private readonly NativeBuffer<byte> future = new(scope.Memory);
    private int width;

    public void Forward(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums)
    {
        MaskFuture(segments.Longest);
        for (var i = 0; i < segments.Count; i++)
        {
            for (var group = 0; group < shape.KeyValueHeads; group++)
            {
                var at = new Group(scope, shape, segments[i], group);
                var scores = Scores(shape, at, packed);
                Operators.LogSumExp.Run(at.Square(scores), Word.List(2), Word.True, at.LogSums(logSums));
                Operators.Add(at.Square(scores), at.LogSums(logSums), -1);
                Operators.Exp.Run(at.Square(scores), at.Square(scores));
                Operators.Bmm.Run(at.Square(scores), at.Value(packed), at.Query(output));
            }
        }
    }

    public void Backward(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked)
    {
        MaskFuture(segments.Longest);
        for (var i = 0; i < segments.Count; i++)
        {
            for (var group = 0; group < shape.KeyValueHeads; group++)
            {
                Backward(shape, new Group(scope, shape, segments[i], group), packed, output, logSums, dOutput, dPacked);
            }
        }
    }

    public void Dispose() => future.Dispose();

    /// <summary>With P the probabilities: dv = Pᵀ do; dP = do vᵀ; dS = P (dP - Σ do o); dq = dS k / √d; dk = dSᵀ q / √d.</summary>
    private void Backward(
        AttentionShape shape, Group at, Matrix packed, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked)
    {
        var scores = Scores(shape, at, packed);
        Operators.Add(at.Square(scores), at.LogSums(logSums), -1);
        Operators.Exp.Run(at.Square(scores), at.Square(scores));
        var perHead = scope.Scratch(1, at.Heads * at.Length, shape.HeadDimension);
        Operators.Bmm.Run(at.SquareTransposed(scores), at.Query(dOutput), at.PerHead(perHead));
        Operators.Sum.Run(at.PerHead(perHead), Word.Optional(Word.List(0)), Word.False, Word.None, at.Shared(dPacked, values: true));

        Operators.Mul.Run(at.Query(dOutput), at.Query(output), at.PerHead(perHead));
        var sums = scope.Scratch(2, at.Heads * at.Length, 1);
        Operators.Sum.Run(at.PerHead(perHead), Word.Optional(Word.List(2)), Word.True, Word.None, at.PerHead(sums));
        var dScores = scope.Scratch(3, at.Heads * at.Length, at.Length);
        Operators.Bmm.Run(at.Query(dOutput), at.ValueTransposed(packed), at.Square(dScores));
        Operators.Add(at.Square(dScores), at.PerHead(sums), -1);
        Operators.Mul.Run(at.Square(dScores), at.Square(scores), at.Square(dScores));
        Operators.Mul.Run(at.Square(dScores), TensorHandle.Of(shape.Scale), at.Square(dScores));
        Operators.Bmm.Run(at.Square(dScores), at.Key(packed), at.Query(dPacked));
        Operators.Bmm.Run(at.SquareTransposed(dScores), at.Query(packed), at.PerHead(perHead));
        Operators.Sum.Run(at.PerHead(perHead), Word.Optional(Word.List(0)), Word.False, Word.None, at.Shared(dPacked, values: false));
    }

    private Matrix Scores(AttentionShape shape, Group at, Matrix packed)
    {
        var scores = scope.Scratch(0, at.Heads * at.Length, at.Length);
        Operators.Bmm.Run(at.Query(packed), at.KeyTransposed(packed), at.Square(scores));
        Operators.Mul.Run(at.Square(scores), TensorHandle.Of(shape.Scale), at.Square(scores));
        var mask = scope.View(future.Data, ElementType.Boolean, [at.Length, at.Length], [width, 1]);
        Operators.MaskedFill.Run(at.Square(scores), mask, TensorHandle.Of(float.NegativeInfinity));
        return scores;
    }

    /// <summary>Upper triangle of a square at least <paramref name="length"/> wide.</summary>
    private void MaskFuture(int length)
    {
        if (length <= width)
        {
            return;
        }

        width = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length);
        var mask = new byte[width * width];
        for (var row = 0; row < width; row++)
        {
            mask.AsSpan((row * width) + row + 1, width - row - 1).Fill(1);
        }

        future.Reserve(mask.Length);
        future.Write(mask);
    }

    /// <summary>Views of one key head and the query heads that share it, in one segment.</summary>
    private readonly struct Group(TorchScope scope, AttentionShape shape, Segment segment, int group)
    {
        public int Heads => shape.GroupSize;

        public int Length => segment.Length;

        /// <summary>[heads, length, d] of queries, or of what is laid out like them.</summary>
        public TensorHandle Query(Matrix packed) => Rows(packed, group * Heads * shape.HeadDimension, shape.HeadDimension);

        public TensorHandle Key(Matrix packed) => Rows(packed, Column(values: false), 0);

        public TensorHandle Value(Matrix packed) => Rows(packed, Column(values: true), 0);

        public TensorHandle KeyTransposed(Matrix packed) => Columns(packed, Column(values: false));

        public TensorHandle ValueTransposed(Matrix packed) => Columns(packed, Column(values: true));

        /// <summary>Keys or values [length, d].</summary>
        public TensorHandle Shared(Matrix packed, bool values) => scope.View(
            packed.Row(segment.First) + Column(values), ElementType.Single, [Length, shape.HeadDimension], [packed.Stride, 1]);

        public TensorHandle LogSums(Matrix logSums) => scope.View(
            logSums.Row(segment.First) + (group * Heads), ElementType.Single, [Heads, Length, 1], [1, logSums.Stride, 1]);

        /// <summary>[heads, length, length].</summary>
        public TensorHandle Square(Matrix scores) => PerHead(scores);

        public TensorHandle SquareTransposed(Matrix scores) => scope.View(
            scores.Data, ElementType.Single, [Heads, Length, Length], [(long)Length * Length, 1, Length]);

        /// <summary>[heads, length, columns].</summary>
        public TensorHandle PerHead(Matrix rows) => scope.View(
            rows.Data, ElementType.Single, [Heads, Length, rows.Columns], [(long)Length * rows.Columns, rows.Columns, 1]);

        private int Column(bool values) => shape.QueryWidth + ((group + (values ? shape.KeyValueHeads : 0)) * shape.HeadDimension);

        private TensorHandle Rows(Matrix packed, int column, long head) => scope.View(
            packed.Row(segment.First) + column, ElementType.Single, [Heads, Length, shape.HeadDimension], [head, packed.Stride, 1]);

        private TensorHandle Columns(Matrix packed, int column) => scope.View(
            packed.Row(segment.First) + column, ElementType.Single, [Heads, shape.HeadDimension, Length], [0, 1, packed.Stride]);
    }
}
