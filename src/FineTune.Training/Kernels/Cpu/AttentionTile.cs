namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// Scores of a block of queries against all keys up to the last of them. Small enough to stay in the cache, so the softmax never goes
/// through memory (Dao et al., "FlashAttention", 2022); wide enough for the matrix products to run at full speed.
/// </summary>
internal static unsafe class AttentionTile
{
    /// <summary>Queries of a block.</summary>
    public const int Rows = 64;

    /// <summary>Values of one tile for sequences up to <paramref name="longest"/>.</summary>
    public static long Size(int longest) => (long)Rows * Padded(longest);

    /// <summary>A tile in <paramref name="scratch"/>; its rows are padded so that vectors may run past their end.</summary>
    public static Matrix At(float* scratch, int rows, int keys) => new(scratch, rows, keys, Padded(keys));

    /// <summary>Makes whole vectors of the first <paramref name="valid"/> scores: minus infinity behind them, 0 where no vector reaches.</summary>
    /// <returns>The length in whole vectors.</returns>
    public static int Mask(float* scores, int valid, int keys)
    {
        var padded = Padded(valid);
        new Span<float>(scores + valid, padded - valid).Fill(float.NegativeInfinity);
        if (keys > padded)
        {
            new Span<float>(scores + padded, keys - padded).Clear();
        }

        return padded;
    }

    private static int Padded(int count) => (count + VectorMath.Width - 1) / VectorMath.Width * VectorMath.Width;
}
