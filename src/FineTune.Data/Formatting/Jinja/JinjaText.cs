namespace FineTune.Data.Formatting.Jinja;

/// <summary>A stretch of a string, all of one origin.</summary>
internal readonly record struct TextPiece(string Source, int Start, int Length, Origin Origin)
{
    public ReadOnlySpan<char> Characters => Source.AsSpan(Start, Length);
}

/// <summary>
/// A string in pieces that know where they come from. What templates do to strings is slicing and joining, and neither copies characters.
/// </summary>
internal sealed class JinjaText
{
    private const int ManyPieces = 64;
    private const int LongestText = 512 << 20;

    private readonly TextPiece[] pieces;
    private string? value;

    public JinjaText(string value, Origin origin)
        : this(value.Length == 0 ? [] : [new TextPiece(value, 0, value.Length, origin)], value.Length) => this.value = value;

    private JinjaText(TextPiece[] pieces, int length) => (this.pieces, Length) = (pieces, length);

    public static JinjaText Empty { get; } = new("", Origin.Template);

    public int Length { get; }

    public string Value => value ??= string.Create(Length, pieces, static (characters, pieces) =>
    {
        foreach (var piece in pieces)
        {
            piece.Characters.CopyTo(characters);
            characters = characters[piece.Length..];
        }
    });

    public ReadOnlySpan<TextPiece> Pieces => pieces;

    /// <summary>The same as <see cref="Value"/>, without making a string where there is one piece only.</summary>
    public ReadOnlySpan<char> Characters => pieces is [var only] ? only.Characters : Value;

    /// <summary>Of the first character.</summary>
    public Origin Origin => pieces.Length == 0 ? Origin.Template : pieces[0].Origin;

    public static JinjaText Join(params ReadOnlySpan<JinjaText> parts)
    {
        var (count, length) = (0, 0L);
        foreach (var part in parts)
        {
            count += part.pieces.Length;
            length += part.Length;
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

        var joined = new JinjaText(pieces, (int)length);
        return count > ManyPieces ? joined.Compact() : joined;
    }

    public JinjaText Slice(int start, int end)
    {
        if (start == 0 && end == Length)
        {
            return this;
        }

        if (pieces is [var only])
        {
            return start >= end ? Empty : new JinjaText([only with { Start = only.Start + start, Length = end - start }], end - start);
        }

        var sliced = new List<TextPiece>();
        var at = 0;
        foreach (var piece in pieces)
        {
            var (from, to) = (Math.Max(at, start), Math.Min(at + piece.Length, end));
            if (from < to)
            {
                sliced.Add(piece with { Start = piece.Start + from - at, Length = to - from });
            }

            at += piece.Length;
        }

        return new JinjaText([.. sliced], Math.Max(end - start, 0));
    }

    /// <summary>The same characters changed one by one.</summary>
    public JinjaText Map(Func<string, string> change) => change(Value) is var changed && changed.Length == Length
        ? OfPieces(changed)
        : new JinjaText(changed, Origin);

    public JinjaText Strip(string? characters, bool left, bool right)
    {
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

    /// <summary>The same with neighbours of one origin in one piece, so that what grows in a loop isn't copied piece by piece.</summary>
    private JinjaText Compact() => OfPieces(Value);

    /// <summary><paramref name="text"/>, as long as this, with the origins of this.</summary>
    private JinjaText OfPieces(string text)
    {
        var merged = new List<TextPiece>();
        var at = 0;
        foreach (var piece in pieces)
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

        return new JinjaText([.. merged], text.Length) { value = text };
    }
}
