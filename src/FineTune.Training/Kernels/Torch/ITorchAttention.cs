using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>One way to compute <see cref="IKernels.Attention"/> and its gradient with libtorch.</summary>
internal interface ITorchAttention : IDisposable
{
    void Forward(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums);

    void Backward(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked);
}

/// <summary>
/// Views of a segment's rows [heads of a group, groups, length, d]: query heads that share a key head are the first dimension, along which
/// keys and values have stride 0.
/// </summary>
internal readonly unsafe struct SegmentViews(TorchScope scope, AttentionShape shape, Segment segment)
{
    public TensorHandle Query(Matrix packed) => View(packed, 0, shape.HeadDimension, shape.GroupSize * shape.HeadDimension);

    public TensorHandle Key(Matrix packed) => View(packed, shape.QueryWidth, 0, shape.HeadDimension);

    public TensorHandle Value(Matrix packed) => View(packed, shape.QueryWidth + (shape.KeyValueHeads * shape.HeadDimension), 0, shape.HeadDimension);

    /// <summary>Of attention's output or its gradient, laid out like queries.</summary>
    public TensorHandle Output(Matrix output) => Query(output);

    /// <summary>[heads of a group, groups, length].</summary>
    public TensorHandle LogSums(Matrix logSums) => scope.View(
        logSums.Row(segment.First),
        ElementType.Single,
        [shape.GroupSize, shape.KeyValueHeads, segment.Length],
        [1, shape.GroupSize, logSums.Stride]);

    /// <summary>Keys or values, once for each group [groups, length, d].</summary>
    public TensorHandle Shared(Matrix packed, bool values) => scope.View(
        packed.Row(segment.First) + shape.QueryWidth + (values ? shape.KeyValueHeads * shape.HeadDimension : 0),
        ElementType.Single,
        [shape.KeyValueHeads, segment.Length, shape.HeadDimension],
        [shape.HeadDimension, packed.Stride, 1]);

    private TensorHandle View(Matrix matrix, int column, long head, long group) => scope.View(
        matrix.Row(segment.First) + column,
        ElementType.Single,
        [shape.GroupSize, shape.KeyValueHeads, segment.Length, shape.HeadDimension],
        [head, group, matrix.Stride, 1]);
}
