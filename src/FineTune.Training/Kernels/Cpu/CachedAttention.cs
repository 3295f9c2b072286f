namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// softmax(q kᵀ / √d) v of new positions over a cache that holds their keys and values already, by heads. Scores are products for
/// several rows, and plain loops over the cache, read once, for one.
/// </summary>
/// <param name="packed">Turned queries of the new positions, see <see cref="AttentionShape"/>.</param>
/// <param name="keys">Of one layer [key heads · capacity, d]; <paramref name="values"/> alike.</param>
/// <param name="start">Position of the first row.</param>
/// <param name="scratch">For each slot <see cref="TileRows"/> · <paramref name="capacity"/> floats.</param>
internal readonly unsafe struct CachedAttention(
    AttentionShape shape, Matrix packed, Matrix keys, Matrix values, int capacity, int start, Matrix output, float* scratch) : IRangeKernel
{
    public const int TileRows = 32;

    public void Run(int slot, long first, long end)
    {
        var tile = scratch + ((long)slot * TileRows * capacity);
        for (var head = (int)first; head < end; head++)
        {
            var group = head / shape.GroupSize;
            var (headKeys, headValues) = (keys.Slice(group * capacity, capacity), values.Slice(group * capacity, capacity));
            var (queries, outputs) = (shape.Query(packed, head), shape.Query(output, head));
            if (packed.Rows == 1)
            {
                One(queries.Data, headKeys, headValues, outputs.Data, tile);
                continue;
            }

            for (var row = 0; row < packed.Rows; row += TileRows)
            {
                var rows = Math.Min(TileRows, packed.Rows - row);
                Tile(queries.Slice(row, rows), headKeys, headValues, outputs.Slice(row, rows), start + row, tile);
            }
        }
    }

    private void One(float* query, Matrix headKeys, Matrix headValues, float* result, float* scores)
    {
        var (length, width) = (start + 1, shape.HeadDimension);
        for (var position = 0; position < length; position++)
        {
            scores[position] = shape.Scale * VectorMath.Dot(query, headKeys.Row(position), width);
        }

        var sum = VectorMath.ExpSum(scores, length, VectorMath.Max(scores, length));
        new Span<float>(result, width).Clear();
        for (var position = 0; position < length; position++)
        {
            VectorMath.AddScaled(headValues.Row(position), scores[position] / sum, result, width);
        }
    }

    private void Tile(Matrix queries, Matrix headKeys, Matrix headValues, Matrix results, int position, float* tile)
    {
        var seen = position + queries.Rows;
        var scores = new Matrix(tile, queries.Rows, seen);
        Gemm.MultiplyTransposed(queries, headKeys.Slice(0, seen), scores, shape.Scale);
        for (var row = 0; row < scores.Rows; row++)
        {
            var x = scores.Row(row);
            var length = position + row + 1;
            var sum = VectorMath.ExpSum(x, length, VectorMath.Max(x, length));
            VectorMath.Scale(x, length, 1 / sum);
            new Span<float>(x + length, seen - length).Clear();
        }

        Gemm.Multiply(scores, headValues.Slice(0, seen), results);
    }
}
