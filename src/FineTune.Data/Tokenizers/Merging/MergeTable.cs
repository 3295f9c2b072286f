using System.Numerics;
using System.Runtime.CompilerServices;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>Which pairs of tokens merge, in which order, and to what. An open hash table filled to half at most.</summary>
internal sealed class MergeTable
{
    /// <summary>No merge; sorts after all of them.</summary>
    public const ulong None = ulong.MaxValue;

    private readonly (ulong Key, ulong Value)[] slots;
    private readonly int shift;

    /// <summary>Chosen at random, so that no file can be made to collide.</summary>
    private readonly ulong multiplier = (ulong)Random.Shared.NextInt64() | 1;

    public MergeTable(int count)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(count * 2, 16));
        slots = new (ulong, ulong)[size];
        Array.Fill(slots, (ulong.MaxValue, None));
        shift = 64 - BitOperations.Log2(size);
    }

    public void Add(int left, int right, int rank, int id)
    {
        var key = Key(left, right);
        var index = Home(key);
        while (slots[index].Key != key && slots[index].Key != ulong.MaxValue)
        {
            index = (index + 1) & (slots.Length - 1);
        }

        slots[index] = (key, ((ulong)(uint)rank << 32) | (uint)id);
    }

    /// <summary>Rank (upper half) and resulting id (lower half) of a pair, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(int left, int right)
    {
        var key = Key(left, right);
        for (var index = Home(key); ; index = (index + 1) & (slots.Length - 1))
        {
            ref readonly var slot = ref slots[index];
            if (slot.Key == key || slot.Key == ulong.MaxValue)
            {
                return slot.Value;
            }
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Home(ulong key) => (int)((key * multiplier) >> shift);
}
