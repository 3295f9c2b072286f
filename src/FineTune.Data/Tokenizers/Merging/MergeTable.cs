using System.Numerics;
using System.Runtime.CompilerServices;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// Which pairs of tokens merge, in which order, and to what. An open hash table of one word a merge: left id (21 bits), right id (21 bits)
/// and rank (22 bits), filled to two thirds at most. Most pairs asked for never merge: a bit for each hash, few enough for a core's cache, says
/// so of seven in eight.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>No merge; sorts after all of them.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>Ids and ranks are below these.</summary>
    public const int Ids = 1 << IdBits;

    /// <inheritdoc cref="Ids"/>
    public const int Ranks = (1 << RankBits) - 1;

    private const int IdBits = 21;
    private const int RankBits = 22;
    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] slots;
    private readonly uint[] filter;
    private readonly int[] results;
    private readonly int shift;
    private readonly int filterShift;

    /// <summary>Chosen at random, so that no file can be made to collide.</summary>
    private readonly ulong multiplier = (ulong)Random.Shared.NextInt64() | 1;

    /// <param name="count">Merges there will be.</param>
    /// <param name="ranks">Their ranks are below this.</param>
    public MergeTable(int count, int ranks)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(count + (count / 2), 16));
        slots = new ulong[size];
        Array.Fill(slots, Empty);
        shift = 64 - BitOperations.Log2(size);
        filter = new uint[size / 8];
        filterShift = shift - 2;
        results = new int[ranks];
    }

    public void Add(int left, int right, int rank, int id)
    {
        var (key, hash) = KeyAndHash(left, right);
        var index = (int)(hash >> shift);
        while (slots[index] != Empty && slots[index] >> RankBits != key)
        {
            index = (index + 1) & (slots.Length - 1);
        }

        slots[index] = (key << RankBits) | (uint)rank;
        results[rank] = id;
        filter[hash >> (filterShift + 5)] |= 1u << (int)(hash >> filterShift);
    }

    /// <summary>The token that the merge of <paramref name="rank"/> makes.</summary>
    public int Result(uint rank) => results[rank];

    /// <summary>The rank of a pair's merge, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(int left, int right)
    {
        var (key, hash) = KeyAndHash(left, right);
        return (filter[hash >> (filterShift + 5)] >> (int)(hash >> filterShift) & 1) == 0 ? None : Search(key, hash);
    }

    private uint Search(ulong key, ulong hash)
    {
        for (var index = (int)(hash >> shift); ; index = (index + 1) & (slots.Length - 1))
        {
            var slot = slots[index];
            if (slot >> RankBits == key)
            {
                return (uint)slot & Ranks;
            }

            if (slot == Empty)
            {
                return None;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (ulong Key, ulong Hash) KeyAndHash(int left, int right)
    {
        var key = ((ulong)(uint)left << IdBits) | (uint)right;
        return (key, key * multiplier);
    }
}
