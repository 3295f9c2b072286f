namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.Attention"/> by pairs of a key head and a segment.</summary>
/// <param name="scratch">A tile for each slot.</param>
internal readonly unsafe struct AttentionForward(
    AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, float* scratch) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var tile = scratch + (slot * AttentionTile.Size(segments.Longest));
        for (var unit = first; unit < end; unit++)
        {
            var group = (int)(unit / segments.Count);
            var segment = segments[unit % segments.Count];
            for (var head = group * shape.GroupSize; head < (group + 1) * shape.GroupSize; head++)
            {
                Head(segment, group, head, tile);
            }
        }
    }

    private void Head(Segment segment, int group, int head, float* scratchTile)
    {
        var rows = packed.Slice(segment.First, segment.Length);
        var (queries, keys, values) = (shape.Query(rows, head), shape.Key(rows, group), shape.Value(rows, group));
        var outputs = shape.Query(output.Slice(segment.First, segment.Length), head);
        for (var start = 0; start < segment.Length; start += AttentionTile.Rows)
        {
            var count = Math.Min(AttentionTile.Rows, segment.Length - start);
            var seen = start + count;
            var scores = AttentionTile.At(scratchTile, count, seen);
            Gemm.MultiplyTransposed(queries.Slice(start, count), keys.Slice(0, seen), scores, shape.Scale);
            for (var row = 0; row < count; row++)
            {
                var x = scores.Row(row);
                var length = AttentionTile.Mask(x, start + row + 1, seen);
                var highest = VectorMath.Max(x, length);
                var sum = VectorMath.ExpSum(x, length, highest);
                VectorMath.Scale(x, length, 1 / sum);
                logSums.Row(segment.First + start + row)[head] = highest + MathF.Log(sum);
            }

            Gemm.Multiply(scores, values.Slice(0, seen), outputs.Slice(start, count));
        }
    }
}
