using System.Text;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>Part of a text; ends where the next one begins.</summary>
internal readonly record struct TextRun(int End, Origin Origin);

/// <summary>
/// What a template has put out: UTF-8, where each run of it comes from, and where each message's part is. Its buffers are used again for the
/// next rendering.
/// </summary>
internal sealed class RenderedOutput
{
    private const int LongestText = 1 << 30;

    private readonly List<TextRun> runs = [];
    private byte[] text = new byte[4096];
    private int length;
    private RenderedMessage[] messages = [];
    private char half;
    private Origin halfOrigin;

    public ReadOnlySpan<byte> Text => text.AsSpan(0, length);

    /// <summary>Neighbours are of different origins.</summary>
    public IReadOnlyList<TextRun> Runs => runs;

    /// <summary>What there is of each message.</summary>
    public ReadOnlySpan<RenderedMessage> Messages => messages;

    public bool HasTools { get; private set; }

    /// <summary>Begins a rendering of <paramref name="count"/> messages.</summary>
    public void Begin(int count)
    {
        (length, half, HasTools) = (0, default, false);
        runs.Clear();
        if (messages.Length < count)
        {
            messages = new RenderedMessage[Math.Max(count, 2 * messages.Length)];
        }

        messages.AsSpan(0, count).Fill(RenderedMessage.None);
    }

    /// <param name="turn">The message in whose turn of a loop it is put out.</param>
    public void Write(JinjaText more, int? turn)
    {
        var start = length;
        foreach (var piece in more.Pieces)
        {
            Write(piece);
        }

        if (turn is { } index)
        {
            ref var message = ref messages[index];
            message.Start = message.Start < 0 ? start : message.Start;
            message.End = length;
        }
    }

    /// <summary>Ends the rendering.</summary>
    public void End()
    {
        if (half != default)
        {
            Append([half], halfOrigin);
            half = default;
        }
    }

    private void Write(TextPiece piece)
    {
        if (piece.IsUtf8)
        {
            End();
            var utf8 = piece.Utf8;
            Reserve(utf8.Length);
            utf8.CopyTo(text.AsSpan(length));
            Extend(utf8.Length, piece.Origin);
        }
        else
        {
            Write(piece.Characters, piece.Origin);
        }
    }

    /// <summary>Half a surrogate pair waits for the other, which templates may have cut off; alone it is U+FFFD.</summary>
    private void Write(ReadOnlySpan<char> characters, Origin origin)
    {
        if (half != default)
        {
            var taken = char.IsLowSurrogate(characters[0]) ? 1 : 0;
            Append([half, .. characters[..taken]], halfOrigin);
            characters = characters[taken..];
            half = default;
        }

        if (!characters.IsEmpty && char.IsHighSurrogate(characters[^1]))
        {
            (half, halfOrigin) = (characters[^1], origin);
            characters = characters[..^1];
        }

        Append(characters, origin);
    }

    private void Append(ReadOnlySpan<char> characters, Origin origin)
    {
        if (!characters.IsEmpty)
        {
            Reserve(Encoding.UTF8.GetMaxByteCount(characters.Length) <= text.Length - length ? 0 : Encoding.UTF8.GetByteCount(characters));
            Extend(Encoding.UTF8.GetBytes(characters, text.AsSpan(length)), origin);
        }
    }

    private void Reserve(int more)
    {
        var needed = length + (long)more;
        if (needed > LongestText)
        {
            throw new JinjaException("its output is too long");
        }

        if (needed > text.Length)
        {
            Array.Resize(ref text, (int)Math.Min(Math.Max(needed, 2L * text.Length), LongestText));
        }
    }

    private void Extend(int more, Origin origin)
    {
        Note(origin);
        length += more;
        if (runs.Count > 0 && runs[^1].Origin == origin)
        {
            runs[^1] = new TextRun(length, origin);
        }
        else
        {
            runs.Add(new TextRun(length, origin));
        }
    }

    private void Note(Origin origin)
    {
        HasTools |= origin == Origin.Tools;
        if (origin.Message is { } index)
        {
            ref var message = ref messages[index];
            message.First = message.First < 0 ? length : message.First;
            message.HasContent |= origin == Origin.Content(index);
            message.HasCalls |= origin == Origin.ToolCalls(index);
        }
    }
}
