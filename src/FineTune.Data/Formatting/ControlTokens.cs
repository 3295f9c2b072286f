using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>A control token in a rendered text; positions are bytes.</summary>
internal readonly record struct FoundControl(int Start, int End, int Id);

/// <summary>Finds control tokens where, and only where, the template itself wrote them: the longest at the leftmost place. Safe for concurrent use.</summary>
internal sealed class ControlTokens
{
    /// <summary>Templates put out the same few texts again and again: what was found in them is remembered.</summary>
    private const int RememberedTexts = 1024;
    private const int RememberedBytes = 256;

    private readonly Dictionary<byte[], int> ids = new(ByteComparer.Instance);
    private readonly ConcurrentDictionary<byte[], FoundControl[]> remembered = new(ByteComparer.Instance);
    private readonly int[] lengths;
    private readonly SearchValues<byte> firsts;

    public ControlTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (var token in tokens.Where(token => token.Content.Length > 0))
        {
            ids.TryAdd(Encoding.UTF8.GetBytes(token.Content), token.Id);
        }

        lengths = [.. ids.Keys.Select(name => name.Length).Distinct().OrderDescending()];
        firsts = SearchValues.Create([.. ids.Keys.Select(name => name[0]).Distinct()]);
    }

    /// <summary>Puts the tokens of <paramref name="output"/> into <paramref name="found"/>, in order.</summary>
    public void Find(RenderedOutput output, List<FoundControl> found)
    {
        found.Clear();
        var start = 0;
        for (var i = 0; i < output.Runs.Count; i++)
        {
            var run = output.Runs[i];
            if (run.Origin == Origin.Template)
            {
                foreach (var control in Find(output.Text[start..run.End]))
                {
                    found.Add(new FoundControl(start + control.Start, start + control.End, control.Id));
                }
            }

            start = run.End;
        }
    }

    private IReadOnlyList<FoundControl> Find(ReadOnlySpan<byte> text)
    {
        if (text.Length > RememberedBytes)
        {
            return Search(text);
        }

        if (!remembered.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(text, out var found))
        {
            found = [.. Search(text)];
            if (remembered.Count < RememberedTexts)
            {
                remembered.TryAdd(text.ToArray(), found);
            }
        }

        return found;
    }

    private List<FoundControl> Search(ReadOnlySpan<byte> text)
    {
        var found = new List<FoundControl>();
        for (int start = 0, ahead; (ahead = text[start..].IndexOfAny(firsts)) >= 0;)
        {
            start += ahead;
            var length = LongestAt(text[start..], out var id);
            if (length > 0)
            {
                found.Add(new FoundControl(start, start + length, id));
            }

            start += Math.Max(length, 1);
        }

        return found;
    }

    private int LongestAt(ReadOnlySpan<byte> text, out int id)
    {
        var names = ids.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (var length in lengths)
        {
            if (length <= text.Length && names.TryGetValue(text[..length], out id))
            {
                return length;
            }
        }

        id = -1;
        return 0;
    }

    /// <summary>Cuts the text of <paramref name="chat"/> at control tokens and where loss begins and ends; both are in order.</summary>
    public static void Cut(RenderedChat chat)
    {
        var (controls, trained, total) = (chat.Controls, chat.Trained, chat.Output.Text.Length);
        chat.Segments.Clear();
        var (start, control, range) = (0, 0, 0);
        while (start < total)
        {
            while (range < trained.Count && trained[range].End <= start)
            {
                range++;
            }

            while (control < controls.Count && controls[control].Start < start)
            {
                control++;
            }

            var isTrained = range < trained.Count && trained[range].Start <= start;
            var isControl = control < controls.Count && controls[control].Start == start;
            var end = range == trained.Count ? total : isTrained ? trained[range].End : trained[range].Start;
            end = Math.Min(end, control == controls.Count ? total : isControl ? controls[control].End : controls[control].Start);
            chat.Segments.Add(new ChatSegment(start, end, isControl ? controls[control].Id : null, isTrained));
            start = end;
        }
    }
}
