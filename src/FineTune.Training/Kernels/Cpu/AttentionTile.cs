using FineTune.Training.Kernels.Cpu.Products;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// A thread's memory for attention, all of it small enough for the cache, so that scores never go through memory (Dao et al.,
/// "FlashAttention", 2022): panels of a sequence's keys and values, made once for all heads that share them, and of a block of queries,
/// whose scores with all keys up to the last of them are a tile. What a row can not see is left out in units of 16 keys.
/// </summary>
internal readonly unsafe struct AttentionTile
{
    /// <summary>Queries of a block.</summary>
    public const int Rows = 72;

    /// <summary>Keys that a left panel of scores has at most.</summary>
    private const int LongestPanel = 512;

    private const int Strips = Rows / MicroKernel.Rows;
    private readonly int width;

    /// <param name="longest">Rows of the longest sequence.</param>
    /// <param name="width">Of a head.</param>
    public AttentionTile(float* data, int longest, int width)
    {
        this.width = width;
        Keys = data;
        Values = Keys + ((long)Padded(longest) * width);
        Columns = Values + ((long)Padded(longest) * width);
        Left = Columns + ((long)longest * Padded(width));
        DLeft = Left + (Strips * LeftPanels.Size(width));
        Right = DLeft + (Strips * LeftPanels.Size(width));
        DRight = Right + (Rows * (long)Padded(width));
        Panel = DRight + (Rows * (long)Padded(width));
        Scores = new Matrix(Panel + LeftPanels.Size(LongestPanel), Rows, Padded(longest));
        Gradients = new Matrix(Scores.Row(Rows), Rows, Padded(longest));
    }

    /// <summary>Keys by rows: right panels of 16 keys each; <see cref="Values"/> alike.</summary>
    public float* Keys { get; }

    public float* Values { get; }

    /// <summary>Values, or keys on the way back, by columns: right panels of 16 dimensions each.</summary>
    public float* Columns { get; }

    /// <summary>The block's queries: left panels; <see cref="DLeft"/> is their outputs' gradient.</summary>
    public float* Left { get; }

    public float* DLeft { get; }

    /// <summary>The same as right panels of 16 dimensions each.</summary>
    public float* Right { get; }

    public float* DRight { get; }

    /// <summary>A left panel of scores.</summary>
    public float* Panel { get; }

    /// <summary>Then probabilities [<see cref="Rows"/>, keys]; <see cref="Gradients"/> alike.</summary>
    public Matrix Scores { get; }

    public Matrix Gradients { get; }

    /// <summary>Values of the memory for sequences up to <paramref name="longest"/>.</summary>
    public static long Size(int longest, int width)
    {
        var end = new AttentionTile(null, longest, width).Gradients;
        return (end.Row(Rows) - (float*)null + 15) / 16 * 16;
    }

    /// <summary>Right panels of 16 rows of <paramref name="matrix"/> each.</summary>
    public static void PackRows(Matrix matrix, float* panels) =>
        RightPanels.Pack(Operand.Rows(matrix), 0, matrix.Rows, 0, matrix.Columns, panels, RightPanels.Size(matrix.Columns));

    /// <summary>Right panels of 16 columns of <paramref name="matrix"/> each.</summary>
    public static void PackColumns(Matrix matrix, float* panels) =>
        RightPanels.Pack(Operand.Columns(matrix), 0, matrix.Columns, 0, matrix.Rows, panels, RightPanels.Size(matrix.Rows));

    /// <summary>Left panels of 6 rows of <paramref name="matrix"/> each.</summary>
    public static void PackLeft(Matrix matrix, float* panels) =>
        LeftPanels.Pack(Operand.Rows(matrix), 0, matrix.Rows, 0, matrix.Columns, panels, LeftPanels.Size(matrix.Columns));

    /// <summary><paramref name="tile"/> = left · right of the block's rows and the keys that they see, whole panels at a time.</summary>
    /// <param name="start">Position of the block's first row.</param>
    public void Multiply(float* left, float* right, int start, int count, Matrix tile)
    {
        for (var key = 0; key < start + count; key += MicroKernel.Columns)
        {
            // The first strip with a row that sees the panel.
            var first = Math.Max(0, key - start) / MicroKernel.Rows * MicroKernel.Rows;
            for (var row = first; row < count; row += MicroKernel.Rows)
            {
                var panel = left + (row / MicroKernel.Rows * LeftPanels.Size(width));
                MicroKernel.Multiply(panel, right, width, tile.Row(row) + key, tile.Stride, add: false);
            }

            right += RightPanels.Size(width);
        }
    }

    /// <summary><paramref name="output"/> = the scores in <paramref name="tile"/> · <see cref="Columns"/>.</summary>
    /// <param name="keys">Of the sequence.</param>
    public void MultiplyByColumns(Matrix tile, int start, int keys, Matrix output)
    {
        for (var from = 0; from < start + output.Rows; from += LongestPanel)
        {
            for (var row = Math.Max(0, from - start) / MicroKernel.Rows * MicroKernel.Rows; row < output.Rows; row += MicroKernel.Rows)
            {
                var rows = Math.Min(MicroKernel.Rows, output.Rows - row);
                var depth = Math.Min(LongestPanel, start + row + rows - from);
                LeftPanels.Pack(Operand.Rows(tile), row, rows, from, depth, Panel, size: 0);
                for (var column = 0; column < output.Columns; column += MicroKernel.Columns)
                {
                    var right = Columns + (((long)column * keys) + (from * MicroKernel.Columns));
                    PanelProduct.Multiply(
                        Panel, right, depth, output.Row(row) + column, output.Stride, rows, Math.Min(MicroKernel.Columns, output.Columns - column), from > 0);
                }
            }
        }
    }

    /// <summary><paramref name="output"/>, by keys, = or += the scores in <paramref name="tile"/>, transposed, · <paramref name="right"/>.</summary>
    /// <param name="count">Rows of the block.</param>
    /// <param name="output">Of the keys up to the block's last row.</param>
    public void TransposedMultiply(Matrix tile, int start, int count, float* right, Matrix output, bool add)
    {
        for (var key = 0; key < output.Rows; key += MicroKernel.Rows)
        {
            var keys = Math.Min(MicroKernel.Rows, output.Rows - key);
            var first = Math.Max(0, key - start);
            LeftPanels.Pack(Operand.Columns(tile), key, keys, first, count - first, Panel, size: 0);
            for (var column = 0; column < output.Columns; column += MicroKernel.Columns)
            {
                var panel = right + (((long)column * count) + (first * MicroKernel.Columns));
                PanelProduct.Multiply(
                    Panel, panel, count - first, output.Row(key) + column, output.Stride, keys, Math.Min(MicroKernel.Columns, output.Columns - column), add);
            }
        }
    }

    /// <summary>Makes whole vectors of the first <paramref name="valid"/> scores: minus infinity behind them, 0 in the rest of the row.</summary>
    /// <returns>The length in whole vectors.</returns>
    public static int Mask(float* scores, int valid, int keys)
    {
        var padded = (valid + VectorMath.Width - 1) / VectorMath.Width * VectorMath.Width;
        new Span<float>(scores + valid, padded - valid).Fill(float.NegativeInfinity);
        if (keys > padded)
        {
            new Span<float>(scores + padded, keys - padded).Clear();
        }

        return padded;
    }

    private static int Padded(int count) => (count + MicroKernel.Columns - 1) / MicroKernel.Columns * MicroKernel.Columns;
}
