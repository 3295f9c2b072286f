namespace FineTune.Data.Formatting;

/// <summary>A rendered conversation for people and other programs.</summary>
/// <param name="Trained">Ranges that carry loss, start inclusive, end exclusive, in Unicode code points (Python's indices).</param>
public sealed record RenderedText(string Text, IReadOnlyList<int[]> Trained)
{
    internal static RenderedText Of(RenderedChat chat)
    {
        var ranges = new List<int[]>();
        var (position, wasTrained) = (0, false);
        foreach (var segment in chat.Segments)
        {
            // A range may begin or end amid no surrogate pair: edges are those of template text and of whole contents.
            var end = position + Runes(chat.TextOf(segment));
            if (segment.Trained && wasTrained)
            {
                ranges[^1][1] = end;
            }
            else if (segment.Trained)
            {
                ranges.Add([position, end]);
            }

            (position, wasTrained) = (end, segment.Trained);
        }

        return new RenderedText(chat.Text, ranges);
    }

    private static int Runes(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
