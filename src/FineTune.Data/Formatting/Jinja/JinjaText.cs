namespace FineTune.Data.Formatting.Jinja;

/// <summary>
/// A string in pieces that know where they come from. What templates do to strings is slicing and joining, and neither copies characters.
/// Input is UTF-8 and becomes UTF-16 only where a template looks into it.
/// </summary>
internal sealed class JinjaText
{
    private const int ManyPieces = 64;
    private const int LongestText = 512 << 20;

    private TextPiece[] pieces;
    private string? value;

    public JinjaText(string value, Origin origin)
        : this(value.Length == 0 ? [] : [new TextPiece(value, 0, value.Length, origin)]) => this.value = value;

    public JinjaText(byte[] utf8, Origin origin)
        : this(utf8.Length == 0 ? [] : [new TextPiece(utf8, 0, utf8.Length, origin)])
    {
    }

    private JinjaText(TextPiece[] pieces) => this.pieces = pieces;

    public static JinjaText Empty { get; } = new("", Origin.Template);

    public bool IsEmpty => pieces.Length == 0;

    public bool IsBlank => Strip(null, left: true, right: false).IsEmpty;

    public string Value => value ??= string.Concat(Array.ConvertAll(Decoded(), piece => piece.ToString()));

    public int Length => Characters.Length;

    /// <summary>The same as <see cref="Value"/>, without making a string where there is one piece only.</summary>
    public ReadOnlySpan<char> Characters => Decoded() is [var only] ? only.Characters : Value;

    /// <summary>As they are, UTF-8 and UTF-16.</summary>
    public ReadOnlySpan<TextPiece> Pieces => pieces;

    /// <summary>Of the first character.</summary>
    public Origin Origin => IsEmpty ? Origin.Template : pieces[0].Origin;

    public static JinjaText Join(params ReadOnlySpan<JinjaText> parts)
    {
        var (count, length) = (0, 0L);
        foreach (var part in parts)
        {
            count += part.pieces.Length;
            foreach (var piece in part.pieces)
            {
                length += piece.Length;
            }
        }

        if (length > LongestText)
        {
            throw new JinjaException("a text is too long");
        }

        var pieces = new TextPiece[count];
        var at = 0;
        foreach (var part in parts)
        {
            part.pieces.CopyTo(pieces, at);
            at += part.pieces.Length;
        }

        var joined = new JinjaText(pieces);
        return count > ManyPieces ? joined.WithText(joined.Value) : joined;
    }

    public JinjaText Slice(int start, int end)
    {
        var all = Decoded();
        if (all is [var only])
        {
            return start >= end ? Empty
                : end - start == only.Length ? this
                : new JinjaText([only with { Start = only.Start + start, Length = end - start }]);
        }

        var sliced = new List<TextPiece>();
        var at = 0;
        foreach (var piece in all)
        {
            var (from, to) = (Math.Max(at, start), Math.Min(at + piece.Length, end));
            if (from < to)
            {
                sliced.Add(piece with { Start = piece.Start + from - at, Length = to - from });
            }

            at += piece.Length;
        }

        return new JinjaText([.. sliced]);
    }

    /// <summary>The same characters changed one by one.</summary>
    public JinjaText Map(Func<string, string> change) => change(Value) is var changed && changed.Length == Length
        ? WithText(changed)
        : new JinjaText(changed, Origin);

    /// <param name="characters">Null for white space.</param>
    public JinjaText Strip(string? characters, bool left, bool right)
    {
        if (characters is null && pieces is [{ IsUtf8: true } only])
        {
            var (first, length) = PythonText.Strip(only.Utf8, left, right);
            return length == only.Length ? this : length == 0 ? Empty : new JinjaText([only with { Start = only.Start + first, Length = length }]);
        }

        var text = Characters;
        var (start, end) = (0, text.Length);
        while (left && start < end && Strips(text[start]))
        {
            start++;
        }

        while (right && end > start && Strips(text[end - 1]))
        {
            end--;
        }

        return Slice(start, end);

        bool Strips(char c) => characters is null ? PythonText.IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);
    }

    public IEnumerable<JinjaText> Split(string? separator, int most)
    {
        if (separator is null)
        {
            return SplitAtSpaces(most);
        }

        return SplitAt(separator, most);
    }

    public JinjaText Replace(string old, JinjaText with, int most)
    {
        var parts = SplitAt(old, most).SelectMany(part => new[] { with, part }).Skip(1);
        return old.Length == 0 ? throw new JinjaException("replace of an empty string isn't supported") : Join([.. parts]);
    }

    private IEnumerable<JinjaText> SplitAt(string separator, int most)
    {
        var start = 0;
        for (int at; most-- != 0 && (at = Value.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; start = at + separator.Length)
        {
            yield return Slice(start, at);
        }

        yield return Slice(start, Length);
    }

    private IEnumerable<JinjaText> SplitAtSpaces(int most)
    {
        var rest = Strip(null, left: true, right: false);
        while (rest.Length > 0)
        {
            var end = most-- == 0 ? rest.Length : rest.WordEnd();
            yield return rest.Slice(0, end);
            rest = rest.Slice(end, rest.Length).Strip(null, left: true, right: false);
        }
    }

    private int WordEnd()
    {
        var text = Characters;
        var end = 0;
        while (end < text.Length && !PythonText.IsSpace(text[end]))
        {
            end++;
        }

        return end;
    }

    private TextPiece[] Decoded()
    {
        if (Array.Exists(pieces, piece => piece.IsUtf8))
        {
            pieces = Array.ConvertAll(pieces, piece => piece.Decoded());
        }

        return pieces;
    }

    /// <summary>
    /// <paramref name="text"/>, as long as this, with the origins of this: neighbours of one origin are one piece, so that what grows in a
    /// loop isn't copied piece by piece.
    /// </summary>
    private JinjaText WithText(string text)
    {
        var merged = new List<TextPiece>();
        var at = 0;
        foreach (var piece in Decoded())
        {
            if (merged.Count > 0 && merged[^1].Origin == piece.Origin)
            {
                merged[^1] = merged[^1] with { Length = merged[^1].Length + piece.Length };
            }
            else
            {
                merged.Add(new TextPiece(text, at, piece.Length, piece.Origin));
            }

            at += piece.Length;
        }

        return new JinjaText([.. merged]) { value = text };
    }
}
