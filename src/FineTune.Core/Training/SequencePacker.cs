using System.Numerics;

namespace FineTune.Core.Training;

/// <summary>
/// Packs sequences into bins of a fixed number of tokens by best fit decreasing (Johnson et al., "Worst-case performance bounds for simple
/// one-dimensional packing algorithms", 1974): the longest first, each into the fullest bin it fits. How many bins there are depends on the
/// lengths alone; which sequence of a length goes where depends on the order given. n sequences take O(n) time and memory.
/// </summary>
public static class SequencePacker
{
    /// <summary>Bins that sequences of <paramref name="lengths"/> take.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length isn't in [1, capacity].</exception>
    public static int Count(ReadOnlySpan<int> lengths, int capacity) => Assign(lengths, Identity(lengths.Length), capacity).Bins;

    /// <summary>The bins, each the indices of its sequences, the longest first.</summary>
    /// <param name="order">A permutation of the indices of <paramref name="lengths"/>; decides among sequences of one length.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length isn't in [1, capacity].</exception>
    public static PackedBins Pack(ReadOnlySpan<int> lengths, ReadOnlySpan<int> order, int capacity)
    {
        var (binOf, sorted, bins) = Assign(lengths, order, capacity);
        var starts = new int[bins + 1];
        foreach (var bin in binOf)
        {
            starts[bin + 1]++;
        }

        for (var bin = 0; bin < bins; bin++)
        {
            starts[bin + 1] += starts[bin];
        }

        var next = starts.AsSpan(0, bins).ToArray();
        var members = new int[lengths.Length];
        foreach (var index in sorted)
        {
            members[next[binOf[index]]++] = index;
        }

        return new PackedBins(starts, members);
    }

    private static (int[] BinOf, int[] Sorted, int Bins) Assign(ReadOnlySpan<int> lengths, ReadOnlySpan<int> order, int capacity)
    {
        var sorted = SortByLength(lengths, order, capacity);
        var binOf = new int[lengths.Length];
        var open = new OpenBins(capacity);
        foreach (var index in sorted)
        {
            binOf[index] = open.Take(lengths[index]);
        }

        return (binOf, sorted, open.Count);
    }

    /// <summary>Descending and stable, by counting.</summary>
    private static int[] SortByLength(ReadOnlySpan<int> lengths, ReadOnlySpan<int> order, int capacity)
    {
        var first = new int[capacity + 2];
        foreach (var length in lengths)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(lengths));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, capacity, nameof(lengths));
            first[capacity - length + 1]++;
        }

        for (var i = 0; i <= capacity; i++)
        {
            first[i + 1] += first[i];
        }

        var sorted = new int[lengths.Length];
        foreach (var index in order)
        {
            sorted[first[capacity - lengths[index]]++] = index;
        }

        return sorted;
    }

    private static int[] Identity(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        return order;
    }

    /// <summary>Bins by free tokens: one stack for each number of free tokens, and two levels of bits that say which are not empty.</summary>
    private sealed class OpenBins(int capacity)
    {
        private const int None = -1;
        private readonly int[] tops = [.. Enumerable.Repeat(None, capacity + 1)];
        private readonly ulong[] bits = new ulong[(capacity / 64) + 1];
        private readonly ulong[] groups = new ulong[(capacity / 64 / 64) + 1];
        private readonly List<int> below = [];

        public int Count => below.Count;

        /// <summary>The fullest bin with room for <paramref name="length"/> tokens, else a new one.</summary>
        public int Take(int length)
        {
            var free = SmallestFrom(length);
            var bin = free < 0 ? Add() : Pop(free);
            Push(bin, (free < 0 ? capacity : free) - length);
            return bin;
        }

        private int Add()
        {
            below.Add(None);
            return below.Count - 1;
        }

        private int Pop(int free)
        {
            var bin = tops[free];
            tops[free] = below[bin];
            if (tops[free] == None)
            {
                bits[free / 64] &= ~(1UL << (free % 64));
                groups[free / 64 / 64] &= bits[free / 64] == 0 ? ~(1UL << (free / 64 % 64)) : ulong.MaxValue;
            }

            return bin;
        }

        private void Push(int bin, int free)
        {
            below[bin] = tops[free];
            tops[free] = bin;
            bits[free / 64] |= 1UL << (free % 64);
            groups[free / 64 / 64] |= 1UL << (free / 64 % 64);
        }

        /// <summary>The smallest number of free tokens, at least <paramref name="free"/>, that a bin has; -1 without one.</summary>
        private int SmallestFrom(int free)
        {
            var word = free / 64;
            if (bits[word] >> (free % 64) is not 0 and var here)
            {
                return free + BitOperations.TrailingZeroCount(here);
            }

            word++;
            for (var group = word / 64; group < groups.Length; group++)
            {
                var rest = group == word / 64 ? groups[group] >> (word % 64) << (word % 64) : groups[group];
                if (rest != 0)
                {
                    word = (group * 64) + BitOperations.TrailingZeroCount(rest);
                    return (word * 64) + BitOperations.TrailingZeroCount(bits[word]);
                }
            }

            return -1;
        }
    }
}

/// <summary>Sequences by bin.</summary>
/// <param name="Starts">First member of each bin, closed by the number of members.</param>
/// <param name="Members">Indices of sequences.</param>
public sealed record PackedBins(int[] Starts, int[] Members)
{
    public int Count => Starts.Length - 1;

    public ReadOnlySpan<int> this[int bin] => Members.AsSpan(Starts[bin], Starts[bin + 1] - Starts[bin]);
}
