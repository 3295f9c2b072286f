using System.Buffers;
using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>A control token in a rendered text.</summary>
internal readonly record struct FoundControl(int Start, int End, int Id);

/// <summary>Finds control tokens where, and only where, the template itself wrote them: the longest at the leftmost place.</summary>
internal sealed class ControlTokens
{
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly int[] lengths;
    private readonly SearchValues<char> firsts;

    public ControlTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (var token in tokens.Where(token => token.Content.Length > 0))
        {
            ids.TryAdd(token.Content, token.Id);
        }

        lengths = [.. ids.Keys.Select(name => name.Length).Distinct().OrderDescending()];
        firsts = SearchValues.Create([.. ids.Keys.Select(name => name[0]).Distinct()]);
    }

    public List<FoundControl> Find(JinjaText text)
    {
        var found = new List<FoundControl>();
        var start = 0;
        foreach (var run in text.Runs)
        {
            if (run.Origin == Origin.Template)
            {
                Find(text.Value.AsSpan(0, run.End), start, found);
            }

            start = run.End;
        }

        return found;
    }

    private void Find(ReadOnlySpan<char> text, int start, List<FoundControl> found)
    {
        while (text[start..].IndexOfAny(firsts) is >= 0 and var ahead)
        {
            start += ahead;
            var length = LongestAt(text[start..], out var id);
            if (length > 0)
            {
                found.Add(new FoundControl(start, start + length, id));
            }

            start += Math.Max(length, 1);
        }
    }

    private int LongestAt(ReadOnlySpan<char> text, out int id)
    {
        var names = ids.GetAlternateLookup<ReadOnlySpan<char>>();
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

    /// <summary>Cuts text at control tokens and where loss begins and ends; both are in order.</summary>
    public static List<ChatSegment> Cut(string text, List<FoundControl> controls, List<(int Start, int End)> trained)
    {
        var segments = new List<ChatSegment>((2 * controls.Count) + (2 * trained.Count) + 1);
        var (start, control, range) = (0, 0, 0);
        while (start < text.Length)
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
            var end = range == trained.Count ? text.Length : isTrained ? trained[range].End : trained[range].Start;
            end = Math.Min(end, control == controls.Count ? text.Length : isControl ? controls[control].End : controls[control].Start);
            segments.Add(new ChatSegment(start, end, isControl ? controls[control].Id : null, isTrained));
            start = end;
        }

        return segments;
    }
}
