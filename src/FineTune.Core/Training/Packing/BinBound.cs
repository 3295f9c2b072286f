namespace FineTune.Core.Training.Packing;

/// <summary>How many bins any packing needs at least (bound L2 of Martello and Toth, "Lower bounds and reduction procedures for the bin packing problem", 1990).</summary>
internal static class BinBound
{
    /// <summary>
    /// For every size s up to half a bin: lengths above capacity - s share with none of at least s, those above half a bin with none of each
    /// other, and those of at least s that are left need what is free beside them.
    /// </summary>
    public static long Of(ReadOnlySpan<int> lengths, int capacity)
    {
        var counts = new long[capacity + 2];
        var tokens = new long[capacity + 2];
        foreach (var length in lengths)
        {
            counts[length]++;
            tokens[length] += length;
        }

        // From here on of all lengths of at least the index.
        for (var length = capacity - 1; length >= 0; length--)
        {
            counts[length] += counts[length + 1];
            tokens[length] += tokens[length + 1];
        }

        var (bound, half) = (0L, (capacity / 2) + 1);
        for (var size = 0; size < half; size++)
        {
            var alone = counts[capacity - size + 1];
            var free = ((counts[half] - alone) * capacity) - (tokens[half] - tokens[capacity - size + 1]);
            var more = Math.Max(0, tokens[size] - tokens[half] - free);
            bound = Math.Max(bound, counts[half] + ((more + capacity - 1) / capacity));
        }

        return bound;
    }
}
