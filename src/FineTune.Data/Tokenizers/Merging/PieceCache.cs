using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// The ids of short pieces met lately: two entries a set, the older one is replaced. A key holds the piece's bytes and, in its last
/// byte, their number. Of fixed size.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>Longest piece that is kept, in bytes.</summary>
    public const int Longest = 31;

    private const int Entries = 1 << 15;
    private const int Capacity = 1 << 17;

    private static readonly Vector256<byte> Positions = Vector256.CreateSequence<byte>(0, 1);
    private static readonly Vector256<byte> Last = Vector256<byte>.Zero.WithElement(Longest, byte.MaxValue);

    private readonly Entry[] entries = new Entry[Entries];
    private readonly int[] ids = new int[Capacity];
    private int used;

    /// <summary>Appends the ids of <paramref name="length"/> bytes at <paramref name="start"/>, if they are known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(ReadOnlySpan<byte> text, int start, int length, TokenBuffer output, out Vector256<byte> key)
    {
        ref readonly var entry = ref Find(text, start, length, out key);
        if (Unsafe.IsNullRef(in entry))
        {
            return false;
        }

        if (entry.Count == 1)
        {
            output.Add(entry.First);
        }
        else
        {
            output.Add(ids.AsSpan(entry.First, entry.Count));
        }

        return true;
    }

    /// <summary>How many they are, or -1 if they aren't known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Count(ReadOnlySpan<byte> text, int start, int length, out Vector256<byte> key)
    {
        ref readonly var entry = ref Find(text, start, length, out key);
        return Unsafe.IsNullRef(in entry) ? -1 : entry.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref readonly Entry Find(ReadOnlySpan<byte> text, int start, int length, out Vector256<byte> key)
    {
        key = Key(text, start, length);
        var home = Home(key);
        ref var entry = ref entries[home];
        if (entry.Key == key)
        {
            return ref entry;
        }

        entry = ref entries[home ^ 1];
        return ref entry.Key == key ? ref entry : ref Unsafe.NullRef<Entry>();
    }

    public void Add(Vector256<byte> key, ReadOnlySpan<int> found)
    {
        if (found.Length > 1 && found.Length > Capacity - used)
        {
            Array.Clear(entries);
            used = 0;
        }

        var first = used;
        if (found.Length == 1)
        {
            first = found[0];
        }
        else
        {
            found.CopyTo(ids.AsSpan(used));
            used += found.Length;
        }

        var home = Home(key);
        entries[home ^ 1] = entries[home];
        entries[home] = new Entry(key, first, found.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Key(ReadOnlySpan<byte> text, int start, int length)
    {
        Vector256<byte> bytes;
        if (text.Length - start >= Vector256<byte>.Count)
        {
            bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(text), (nuint)start);
        }
        else
        {
            Span<byte> end = stackalloc byte[Vector256<byte>.Count];
            text[start..].CopyTo(end);
            bytes = Vector256.Create<byte>(end);
        }

        var count = Vector256.Create((byte)length);
        return (bytes & Vector256.LessThan(Positions, count)) | (count & Last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Home(Vector256<byte> key)
    {
        var parts = key.AsUInt64();
        var mixed = (parts[0] * 0x9E3779B97F4A7C15) ^ (parts[1] * 0xC2B2AE3D27D4EB4F) ^ (parts[2] * 0x165667B19E3779F9)
            ^ (parts[3] * 0x27D4EB2F165667C5);
        return (int)(((mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93) >> 49);
    }

    /// <param name="First">The id itself when there is one only, else where the ids begin.</param>
    private readonly record struct Entry(Vector256<byte> Key, int First, int Count);
}
