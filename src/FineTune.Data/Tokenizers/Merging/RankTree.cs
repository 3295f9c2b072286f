using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// Ranks that change, and the leftmost of the lowest ones: a tree in which every node is the lowest of 32 below it, all levels being
/// arrays that are compared eight at a time. O(log n) with a base of 32; up to 32 ranks are looked at all at once.
/// </summary>
internal sealed class RankTree
{
    private const int Width = 32;

    private uint[][] levels = [new uint[Width]];
    private int depth;

    /// <summary>The ranks; after changing some, tell of them by <see cref="Changed"/>.</summary>
    public uint[] Ranks => levels[0];

    /// <summary>Makes room for <paramref name="count"/> ranks, to be set before <see cref="Build"/>.</summary>
    public void Begin(int count)
    {
        depth = 0;
        for (var size = count; ; size = (size + Width - 1) / Width)
        {
            if (depth == levels.Length)
            {
                Array.Resize(ref levels, depth + 1);
                levels[depth] = new uint[Width];
            }

            var whole = (size + Width - 1) / Width * Width;
            if (levels[depth].Length < whole)
            {
                levels[depth] = new uint[BitOperations.RoundUpToPowerOf2((uint)whole)];
            }

            levels[depth].AsSpan(size, whole - size).Fill(MergeTable.None);
            depth++;
            if (size <= Width)
            {
                return;
            }
        }
    }

    public void Build(int count)
    {
        for (var level = 1; level < depth; level++)
        {
            count = (count + Width - 1) / Width;
            for (var node = 0; node < count; node++)
            {
                levels[level][node] = Lowest(levels[level - 1], node);
            }
        }
    }

    /// <summary>Follows a change of the rank at <paramref name="index"/> and of its neighbours below the same node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Changed(int index)
    {
        for (var level = 1; level < depth; level++)
        {
            index /= Width;
            ref var node = ref levels[level][index];
            var lowest = Lowest(levels[level - 1], index);
            if (node == lowest)
            {
                return;
            }

            node = lowest;
        }
    }

    /// <summary>Whether two ranks lie below the same node.</summary>
    public static bool Together(int first, int second) => first / Width == second / Width;

    /// <summary>The leftmost of the lowest ranks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int First(out uint rank)
    {
        rank = Lowest(levels[depth - 1], 0);
        var index = 0;
        for (var level = depth - 1; level >= 0; level--)
        {
            index = (index * Width) + Find(levels[level], index, rank);
        }

        return index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Lowest(uint[] level, int node)
    {
        ref var first = ref MemoryMarshal.GetReference(level.AsSpan(node * Width, Width));
        var eight = Vector256.Min(
            Vector256.Min(Vector256.LoadUnsafe(ref first), Vector256.LoadUnsafe(ref first, 8)),
            Vector256.Min(Vector256.LoadUnsafe(ref first, 16), Vector256.LoadUnsafe(ref first, 24)));
        var four = Vector128.Min(eight.GetLower(), eight.GetUpper());
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2u, 3, 0, 1)));
        return Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(1u, 0, 3, 2))).ToScalar();
    }

    /// <summary>Where below <paramref name="node"/> the first <paramref name="rank"/> is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Find(uint[] level, int node, uint rank)
    {
        ref var first = ref MemoryMarshal.GetReference(level.AsSpan(node * Width, Width));
        var wanted = Vector256.Create(rank);
        return BitOperations.TrailingZeroCount(
            Vector256.Equals(Vector256.LoadUnsafe(ref first), wanted).ExtractMostSignificantBits()
            | (Vector256.Equals(Vector256.LoadUnsafe(ref first, 8), wanted).ExtractMostSignificantBits() << 8)
            | (Vector256.Equals(Vector256.LoadUnsafe(ref first, 16), wanted).ExtractMostSignificantBits() << 16)
            | (Vector256.Equals(Vector256.LoadUnsafe(ref first, 24), wanted).ExtractMostSignificantBits() << 24));
    }
}
