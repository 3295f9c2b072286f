using System.Buffers;
using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>A control token in a rendered text.</summary>
internal readonly record struct FoundControl(int Start, int End, int Id);

/// <summary>Finds control tokens where, and only where, the template itself wrote them: the longest at the leftmost place.</summary>
internal sealed class ControlTokens
{
    private readonly Dictionary<char, AddedToken[]> byFirst;
    private readonly SearchValues<char> firsts;

    public ControlTokens(IEnumerable<AddedToken> tokens)
    {
        byFirst = tokens.Where(token => token.Content.Length > 0).OrderByDescending(token => token.Content.Length)
            .GroupBy(token => token.Content[0]).ToDictionary(group => group.Key, group => group.ToArray());
        firsts = SearchValues.Create([.. byFirst.Keys]);
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
            var token = LongestAt(text[start..]);
            if (token is not null)
            {
                found.Add(new FoundControl(start, start + token.Content.Length, token.Id));
            }

            start += token?.Content.Length ?? 1;
        }
    }

    private AddedToken? LongestAt(ReadOnlySpan<char> text)
    {
        foreach (var token in byFirst[text[0]])
        {
            if (text.StartsWith(token.Content))
            {
                return token;
            }
        }

        return null;
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
