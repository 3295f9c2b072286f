using System.Runtime.Intrinsics;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// Byte-pair encoding of one piece of text at a time. Safe for concurrent use; what a thread needs for itself is in its
/// <see cref="BpeWorkspace"/>.
/// </summary>
/// <param name="whole">Pieces that are tokens whatever merges say (<c>ignore_merges</c>), or null.</param>
internal sealed class BpeModel(IAlphabet alphabet, MergeTable merges, PieceTable? whole)
{
    /// <summary>Appends the ids of the piece of <paramref name="text"/> from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public void Append(ReadOnlySpan<byte> text, int start, int end, TokenBuffer output, BpeWorkspace workspace)
    {
        var length = end - start;
        if (length > PieceCache.Longest)
        {
            Encode(text[start..end], output, workspace);
        }
        else if (!workspace.Cache.TryAppend(text, start, length, output, out var key))
        {
            var first = output.Count;
            Encode(text[start..end], output, workspace);
            workspace.Cache.Add(key, output.Ids[first..]);
        }
    }

    /// <summary>How many ids <see cref="Append"/> would append.</summary>
    public int Count(ReadOnlySpan<byte> text, int start, int end, BpeWorkspace workspace)
    {
        var length = end - start;
        Vector256<byte> key = default;
        if (length <= PieceCache.Longest && workspace.Cache.Count(text, start, length, out key) is >= 0 and var known)
        {
            return known;
        }

        var ids = workspace.Ids;
        ids.Clear();
        Encode(text[start..end], ids, workspace);
        if (length <= PieceCache.Longest)
        {
            workspace.Cache.Add(key, ids.Ids);
        }

        return ids.Count;
    }

    private void Encode(ReadOnlySpan<byte> piece, TokenBuffer output, BpeWorkspace workspace)
    {
        if (whole is not null && whole.TryFind(piece, out var id))
        {
            output.Add(id);
            return;
        }

        var first = output.Count;
        for (var window = WindowCache.Bytes; !TryEncode(piece, window, output, workspace); window = (int)Math.Min(window * 16L, Array.MaxLength))
        {
            output.Truncate(first);
        }
    }

    /// <summary>
    /// Encodes in windows of <paramref name="size"/> bytes, in bounded memory. Of each window the first three quarters of the tokens are
    /// kept, and the next one begins with the last of these. The result is that of merging the whole at once if every two neighbouring
    /// tokens are what their joint text is encoded to: no merge crosses between two such tokens, because merges within a neighbourhood
    /// are the same ones in the same order as in its text alone. Within a window that holds; and so it does across windows where both
    /// find the same token.
    /// </summary>
    /// <returns>Whether they did; if not, larger windows are needed.</returns>
    private bool TryEncode(ReadOnlySpan<byte> piece, int size, TokenBuffer output, BpeWorkspace workspace)
    {
        var (symbols, windows) = (workspace.Symbols, workspace.Windows);
        var (start, shared, sharedEnd) = (0, -1, 0);
        while (size < piece.Length - start)
        {
            var bytes = piece.Slice(start, WholeCharacters(piece[start..], size));
            if (size > WindowCache.Bytes || !windows.TryFind(bytes, out var window))
            {
                window = Window.Of(Merged(bytes, symbols));
                if (size <= WindowCache.Bytes)
                {
                    windows.Add(bytes, window);
                }
            }

            if (window.Ids.Length < 2 || (shared >= 0 && (window.Ids[0] != shared || window.FirstEnd != sharedEnd - start)))
            {
                return false;
            }

            output.Add(shared < 0 ? window.Ids : window.Ids[1..]);
            (shared, sharedEnd, start) = (window.Ids[^1], start + window.LastEnd, start + window.LastStart);
        }

        var rest = Merged(piece[start..], symbols);
        if (shared >= 0 && (rest.Count < 2 || rest.Ids[0] != shared || rest.Starts[1] != sharedEnd - start))
        {
            return false;
        }

        output.Add(shared < 0 ? rest.Ids : rest.Ids[1..]);
        return true;
    }

    private Symbols Merged(ReadOnlySpan<byte> text, Symbols symbols)
    {
        alphabet.Read(text, symbols);
        symbols.Merge(merges);
        return symbols;
    }

    /// <summary>The greatest length up to <paramref name="most"/> that doesn't cut a character.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> text, int most)
    {
        while ((text[most] & 0xC0) == 0x80)
        {
            most--;
        }

        return most;
    }
}
