using System.IO.Hashing;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>The tokens of a window of a long piece that can be relied on, all but those near its end; positions are bytes from its beginning.</summary>
internal readonly ref struct Window(ReadOnlySpan<int> ids, int firstEnd, int lastStart, int lastEnd)
{
    public ReadOnlySpan<int> Ids { get; } = ids;

    public int FirstEnd { get; } = firstEnd;

    public int LastStart { get; } = lastStart;

    public int LastEnd { get; } = lastEnd;

    /// <summary>The first three quarters of <paramref name="symbols"/>, merged; without any if they are too few.</summary>
    public static Window Of(Symbols symbols)
    {
        var kept = symbols.Count - (symbols.Count / 4) - 1;
        return kept < 1
            ? default
            : new Window(symbols.Ids[..kept], symbols.Starts[1], symbols.Starts[kept - 1], symbols.Starts[kept]);
    }
}

/// <summary>Windows met lately: long pieces are mostly the same few characters again and again. Of fixed size.</summary>
internal sealed class WindowCache
{
    /// <summary>Longest window that is kept.</summary>
    public const int Bytes = 256;

    private const int Entries = 64;

    private readonly Entry[] entries = new Entry[Entries];
    private readonly byte[] keys = new byte[Entries * Bytes];
    private readonly int[] ids = new int[Entries * Bytes];

    public bool TryFind(ReadOnlySpan<byte> bytes, out Window window)
    {
        var at = Home(bytes);
        ref readonly var entry = ref entries[at];
        var isFound = bytes.SequenceEqual(keys.AsSpan(at * Bytes, entry.Length));
        window = isFound
            ? new Window(ids.AsSpan(at * Bytes, entry.Count), entry.FirstEnd, entry.LastStart, entry.LastEnd)
            : default;
        return isFound;
    }

    public void Add(ReadOnlySpan<byte> bytes, Window window)
    {
        var at = Home(bytes);
        bytes.CopyTo(keys.AsSpan(at * Bytes));
        window.Ids.CopyTo(ids.AsSpan(at * Bytes));
        entries[at] = new Entry(bytes.Length, window.Ids.Length, window.FirstEnd, window.LastStart, window.LastEnd);
    }

    private static int Home(ReadOnlySpan<byte> bytes) => (int)(XxHash3.HashToUInt64(bytes) % Entries);

    private readonly record struct Entry(int Length, int Count, int FirstEnd, int LastStart, int LastEnd);
}
