namespace FineTune.Data.Tokenizers;

/// <summary>Where a text stands in what a model sees.</summary>
public enum TextPosition
{
    /// <summary>At the very beginning.</summary>
    Start,

    /// <summary>Right after a control token.</summary>
    AfterControlToken,

    /// <summary>Right after other text.</summary>
    Continuation,
}

/// <summary>When a SentencePiece vocabulary puts a space before a text.</summary>
internal enum LeadingSpace
{
    Never,

    /// <summary>Before every text (<c>Prepend</c>).</summary>
    Always,

    /// <summary>Before every text that doesn't begin with a space (<c>Metaspace</c>, <c>always</c>).</summary>
    UnlessThere,

    /// <summary>The same, but at the very beginning only (<c>Metaspace</c>, <c>first</c>).</summary>
    AtStartUnlessThere,
}

/// <summary>
/// The spaces of a SentencePiece vocabulary, whose tokens spell them <c>▁</c> (U+2581). Here it is the other way round: a <c>▁</c> in the
/// text becomes a space, which is the same to the vocabulary, shorter, and mostly there already.
/// </summary>
internal sealed record SpaceRule(LeadingSpace Leading)
{
    public const char Mark = '▁';

    private static ReadOnlySpan<byte> MarkBytes => "▁"u8;

    /// <summary>The text as the vocabulary sees it; <paramref name="buffer"/> is used if it differs.</summary>
    public ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> text, TextPosition position, ref byte[] buffer)
    {
        var hasSpace = text[0] == ' ' || text.StartsWith(MarkBytes);
        var adds = position != TextPosition.Continuation && Leading switch
        {
            LeadingSpace.Always => true,
            LeadingSpace.UnlessThere => !hasSpace,
            LeadingSpace.AtStartUnlessThere => !hasSpace && position == TextPosition.Start,
            _ => false,
        };
        var mark = text.IndexOf(MarkBytes);
        if (!adds && mark < 0)
        {
            return text;
        }

        if (buffer.Length <= text.Length)
        {
            buffer = new byte[Math.Max(text.Length + 1, buffer.Length * 2)];
        }

        var length = 0;
        if (adds)
        {
            buffer[length++] = (byte)' ';
        }

        for (; mark >= 0; mark = text.IndexOf(MarkBytes))
        {
            text[..mark].CopyTo(buffer.AsSpan(length));
            length += mark;
            buffer[length++] = (byte)' ';
            text = text[(mark + MarkBytes.Length)..];
        }

        text.CopyTo(buffer.AsSpan(length));
        return buffer.AsSpan(0, length + text.Length);
    }
}
