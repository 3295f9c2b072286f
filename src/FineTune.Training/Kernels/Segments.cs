namespace FineTune.Training.Kernels;

/// <summary>One sequence among packed rows.</summary>
internal readonly record struct Segment(int First, int Length);

/// <summary>The sequences that lie one after another in packed rows; attention stays within each.</summary>
internal readonly unsafe struct Segments(Segment* data, int count, int longest)
{
    public int Count => count;

    /// <summary>Length of the longest, in rows.</summary>
    public int Longest => longest;

    public Segment this[long index] => data[index];
}
