using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// <see cref="IKernels.AttentionGradient"/> by pairs of a key head and a segment. The probabilities P are computed again; then
/// dV = Pᵀ dO, dS = P (dO Vᵀ - rowsum(dO · O)) / √d, dQ = dS K, dK = dSᵀ Q.
/// </summary>
/// <param name="scratch">An <see cref="AttentionTile"/> for each slot.</param>
internal readonly unsafe struct AttentionBackward(
    AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked, float* scratch)
    : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var (longest, width) = (segments.Longest, shape.HeadDimension);
        var tile = new AttentionTile(scratch + (slot * AttentionTile.Size(longest, width)), longest, width);
        for (var unit = first; unit < end; unit++)
        {
            var group = (int)(unit / segments.Count);
            var segment = segments[unit % segments.Count];
            var rows = packed.Slice(segment.First, segment.Length);
            AttentionTile.PackRows(shape.Key(rows, group), tile.Keys);
            AttentionTile.PackRows(shape.Value(rows, group), tile.Values);
            AttentionTile.PackColumns(shape.Key(rows, group), tile.Columns);
            var firstHead = group * shape.GroupSize;
            for (var head = firstHead; head < firstHead + shape.GroupSize; head++)
            {
                Head(segment, group, head, head > firstHead, tile);
            }
        }
    }

    private void Head(Segment segment, int group, int head, bool add, AttentionTile tile)
    {
        var dRows = dPacked.Slice(segment.First, segment.Length);
        var (dKeys, dValues) = (shape.Key(dRows, group), shape.Value(dRows, group));

        // The last block sees every key: begun with, it fills all of dK and dV, to which the others add.
        var last = (segment.Length - 1) / AttentionTile.Rows * AttentionTile.Rows;
        for (var start = last; start >= 0; start -= AttentionTile.Rows)
        {
            var count = Math.Min(AttentionTile.Rows, segment.Length - start);
            var seen = start + count;
            var queries = shape.Query(packed.Slice(segment.First + start, count), head);
            var dOutputs = shape.Query(dOutput.Slice(segment.First + start, count), head);
            AttentionTile.PackLeft(queries, tile.Left);
            AttentionTile.PackLeft(dOutputs, tile.DLeft);
            AttentionTile.PackColumns(queries, tile.Right);
            AttentionTile.PackColumns(dOutputs, tile.DRight);
            tile.Multiply(tile.Left, tile.Keys, start, count, tile.Scores);
            tile.Multiply(tile.DLeft, tile.Values, start, count, tile.Gradients);
            for (var row = 0; row < count; row++)
            {
                SoftmaxGradient(tile.Scores.Row(row), tile.Gradients.Row(row), start + row + 1, seen, segment.First + start + row, head);
            }

            var adds = add || start < last;
            tile.TransposedMultiply(tile.Scores, start, count, tile.DRight, dValues.Slice(0, seen), adds);
            tile.TransposedMultiply(tile.Gradients, start, count, tile.Right, dKeys.Slice(0, seen), adds);
            tile.MultiplyByColumns(tile.Gradients, start, segment.Length, shape.Query(dRows.Slice(start, count), head));
        }
    }

    /// <summary>Scores become probabilities in <paramref name="p"/>, dP becomes dS in <paramref name="ds"/>.</summary>
    private void SoftmaxGradient(float* p, float* ds, int valid, int seen, int row, int head)
    {
        var length = AttentionTile.Mask(p, valid, seen);
        var mean = VectorMath.Dot(shape.Query(dOutput, head).Row(row), shape.Query(output, head).Row(row), shape.HeadDimension);
        var (means, logSum, scale) = (Vector256.Create(mean), Vector256.Create(logSums.Row(row)[head]), Vector256.Create(shape.Scale));
        for (var i = 0; i < length; i += VectorMath.Width)
        {
            var probability = VectorMath.Exp((Vector256.Load(p + i) * scale) - logSum);
            probability.Store(p + i);
            (probability * scale * (Vector256.Load(ds + i) - means)).Store(ds + i);
        }

        if (seen > length)
        {
            new Span<float>(ds + length, seen - length).Clear();
        }
    }
}
