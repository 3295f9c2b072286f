namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// Byte-pair encoding of one piece of text at a time. Safe for concurrent use; what a thread needs for itself is in its
/// <see cref="BpeWorkspace"/>.
/// </summary>
/// <param name="whole">Pieces that are tokens whatever merges say (<c>ignore_merges</c>), or null.</param>
internal sealed class BpeModel(IAlphabet alphabet, MergeTable merges, PieceTable? whole)
{
    /// <summary>Symbols merged at once; longer pieces are encoded in parts.</summary>
    private const int Window = 1 << 13;

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

    private void Encode(ReadOnlySpan<byte> piece, TokenBuffer output, BpeWorkspace workspace)
    {
        if (whole is not null && whole.TryFind(piece, out var id))
        {
            output.Add(id);
            return;
        }

        var first = output.Count;
        for (var window = Window; !TryEncode(piece, window, output, workspace); window *= 8)
        {
            output.Truncate(first);
        }
    }

    /// <summary>
    /// Encodes in parts of <paramref name="window"/> symbols, in bounded memory. Of each part the first three quarters of the tokens are
    /// kept and the next part begins after them. The result is that of merging the whole at once if every two neighbouring tokens are
    /// what their joint text is encoded to: no merge crosses between two such tokens, because merges within a neighbourhood are the same
    /// ones in the same order as in its text alone. Within a part that holds; where parts meet it is checked.
    /// </summary>
    /// <returns>Whether it held; if not, larger parts are needed.</returns>
    private bool TryEncode(ReadOnlySpan<byte> piece, int window, TokenBuffer output, BpeWorkspace workspace)
    {
        var (symbols, seam) = (workspace.Symbols, workspace.Seam);
        var start = 0;
        for (var last = -1; ;)
        {
            symbols.Clear();
            var read = alphabet.Read(piece, start, symbols, window);
            var isEnd = read == piece.Length;
            symbols.Merge(merges);
            if (last >= 0 && symbols.Count > 0 && !Meet(piece, last, start, symbols.Count > 1 ? symbols.Starts[1] : read, symbols.Ids[0], output, seam))
            {
                return false;
            }

            if (isEnd)
            {
                output.Add(symbols.Ids);
                return true;
            }

            var kept = symbols.Count - (symbols.Count / 4) - 1;
            if (kept < 1)
            {
                return false;
            }

            output.Add(symbols.Ids[..kept]);
            (last, start) = (symbols.Starts[kept - 1], symbols.Starts[kept]);
        }
    }

    /// <summary>Whether the text from <paramref name="start"/> over <paramref name="middle"/> to <paramref name="end"/> is these two tokens.</summary>
    private bool Meet(ReadOnlySpan<byte> piece, int start, int middle, int end, int second, TokenBuffer output, Symbols seam)
    {
        seam.Clear();
        alphabet.Read(piece[..end], start, seam, int.MaxValue);
        seam.Merge(merges);
        return seam.Count == 2 && seam.Ids[0] == output.Ids[^1] && seam.Ids[1] == second && seam.Starts[1] == middle;
    }
}
