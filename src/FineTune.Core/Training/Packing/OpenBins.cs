using System.Numerics;

namespace FineTune.Core.Training.Packing;

/// <summary>Bins by free tokens: one stack for each number of free tokens, and two levels of bits that say which are not empty.</summary>
internal sealed class OpenBins(int capacity)
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
