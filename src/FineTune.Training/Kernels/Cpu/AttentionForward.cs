namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.Attention"/> by pairs of a key head and a segment.</summary>
/// <param name="scratch">An <see cref="AttentionTile"/> for each slot.</param>
internal readonly unsafe struct AttentionForward(
    AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, float* scratch) : IRangeKernel
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
            AttentionTile.PackColumns(shape.Value(rows, group), tile.Columns);
            for (var head = group * shape.GroupSize; head < (group + 1) * shape.GroupSize; head++)
            {
                Head(segment, head, tile);
            }
        }
    }

    private void Head(Segment segment, int head, AttentionTile tile)
    {
        var queries = shape.Query(packed.Slice(segment.First, segment.Length), head);
        var outputs = shape.Query(output.Slice(segment.First, segment.Length), head);
        for (var start = 0; start < segment.Length; start += AttentionTile.Rows)
        {
            var count = Math.Min(AttentionTile.Rows, segment.Length - start);
            AttentionTile.PackLeft(queries.Slice(start, count), tile.Left);
            tile.Multiply(tile.Left, tile.Keys, start, count, tile.Scores);
            for (var row = 0; row < count; row++)
            {
                var x = tile.Scores.Row(row);
                var length = AttentionTile.Mask(x, start + row + 1, start + count);
                var highest = VectorMath.Max(x, length);
                var sum = VectorMath.ExpSum(x, length, shape.Scale, highest);
                VectorMath.Scale(x, length, 1 / sum);
                logSums.Row(segment.First + start + row)[head] = (shape.Scale * highest) + MathF.Log(sum);
            }

            tile.MultiplyByColumns(tile.Scores, start, segment.Length, outputs.Slice(start, count));
        }
    }
}
