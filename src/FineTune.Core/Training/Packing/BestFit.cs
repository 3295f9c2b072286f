namespace FineTune.Core.Training.Packing;

/// <summary>
/// Best fit decreasing (Johnson et al., "Worst-case performance bounds for simple one-dimensional packing algorithms", 1974): the longest
/// first, each into the fullest bin it fits. Hard to beat where many lengths exceed half a bin.
/// </summary>
internal static class BestFit
{
    /// <summary>The lengths by bin.</summary>
    public static PackedBins Fill(ReadOnlySpan<int> lengths, int capacity)
    {
        var sorted = lengths.ToArray();
        sorted.AsSpan().Sort((x, y) => y.CompareTo(x));
        var binOf = new int[sorted.Length];
        var open = new OpenBins(capacity);
        for (var i = 0; i < sorted.Length; i++)
        {
            binOf[i] = open.Take(sorted[i]);
        }

        var starts = new int[open.Count + 1];
        foreach (var bin in binOf)
        {
            starts[bin + 1]++;
        }

        for (var bin = 0; bin < open.Count; bin++)
        {
            starts[bin + 1] += starts[bin];
        }

        var next = starts.AsSpan(0, open.Count).ToArray();
        var members = new int[sorted.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            members[next[binOf[i]]++] = sorted[i];
        }

        return new PackedBins(starts, members);
    }
}
