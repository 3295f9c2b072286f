using System.Text;

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
            var end = position + CodePoints(chat.TextOf(segment));
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

        return new RenderedText(Encoding.UTF8.GetString(chat.Output.Text), ranges);
    }

    /// <summary>Every byte but those that continue a character.</summary>
    private static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var value in utf8)
        {
            count += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }
}
