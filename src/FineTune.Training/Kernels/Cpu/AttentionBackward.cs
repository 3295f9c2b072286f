using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// <see cref="IKernels.AttentionGradient"/> by pairs of a key head and a segment. The probabilities P are computed again; then
/// dV = Pᵀ dO, dS = P (dO Vᵀ - rowsum(dO · O)), dQ = dS K, dK = dSᵀ Q.
/// </summary>
/// <param name="scratch">Two tiles for each slot.</param>
internal readonly unsafe struct AttentionBackward(
    AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked, float* scratch)
    : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var tiles = scratch + (2 * slot * AttentionTile.Size(segments.Longest));
        for (var unit = first; unit < end; unit++)
        {
            var group = (int)(unit / segments.Count);
            var segment = segments[unit % segments.Count];
            var firstHead = group * shape.GroupSize;
            for (var head = firstHead; head < firstHead + shape.GroupSize; head++)
            {
                Head(segment, group, head, head > firstHead, tiles);
            }
        }
    }

    private void Head(Segment segment, int group, int head, bool add, float* tiles)
    {
        var (rows, dRows) = (packed.Slice(segment.First, segment.Length), dPacked.Slice(segment.First, segment.Length));
        var (queries, keys, values) = (shape.Query(rows, head), shape.Key(rows, group), shape.Value(rows, group));
        var (dQueries, dKeys, dValues) = (shape.Query(dRows, head), shape.Key(dRows, group), shape.Value(dRows, group));
        var dOutputs = shape.Query(dOutput.Slice(segment.First, segment.Length), head);

        // The last block sees every key: begun with, it fills all of dK and dV, to which the others add.
        var last = (segment.Length - 1) / AttentionTile.Rows * AttentionTile.Rows;
        for (var start = last; start >= 0; start -= AttentionTile.Rows)
        {
            var count = Math.Min(AttentionTile.Rows, segment.Length - start);
            var seen = start + count;
            var beta = add || start < last ? 1f : 0f;
            var p = AttentionTile.At(tiles, count, seen);
            var ds = AttentionTile.At(tiles + AttentionTile.Size(segments.Longest), count, seen);
            Gemm.MultiplyTransposed(queries.Slice(start, count), keys.Slice(0, seen), p, shape.Scale);
            Gemm.MultiplyTransposed(dOutputs.Slice(start, count), values.Slice(0, seen), ds);
            for (var row = 0; row < count; row++)
            {
                SoftmaxGradient(p.Row(row), ds.Row(row), start + row + 1, seen, segment.First + start + row, head);
            }

            Gemm.TransposedMultiply(p, dOutputs.Slice(start, count), dValues.Slice(0, seen), beta: beta);
            Gemm.TransposedMultiply(ds, queries.Slice(start, count), dKeys.Slice(0, seen), shape.Scale, beta);
            Gemm.Multiply(ds, keys.Slice(0, seen), dQueries.Slice(start, count), shape.Scale);
        }
    }

    /// <summary>Scores become probabilities in <paramref name="p"/>, dP becomes dS in <paramref name="ds"/>.</summary>
    private void SoftmaxGradient(float* p, float* ds, int valid, int seen, int row, int head)
    {
        var length = AttentionTile.Mask(p, valid, seen);
        var mean = VectorMath.Dot(shape.Query(dOutput, head).Row(row), shape.Query(output, head).Row(row), shape.HeadDimension);
        var (means, logSum) = (Vector256.Create(mean), Vector256.Create(logSums.Row(row)[head]));
        for (var i = 0; i < length; i += VectorMath.Width)
        {
            var probability = VectorMath.Exp(Vector256.Load(p + i) - logSum);
            probability.Store(p + i);
            (probability * (Vector256.Load(ds + i) - means)).Store(ds + i);
        }

        if (seen > length)
        {
            new Span<float>(ds + length, seen - length).Clear();
        }
    }
}
