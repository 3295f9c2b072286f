using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>Finds control tokens where, and only where, the template itself wrote them: the longest at the leftmost place.</summary>
internal sealed class ControlTokens(IEnumerable<AddedToken> tokens)
{
    private readonly ILookup<char, AddedToken> byFirst =
        tokens.Where(token => token.Content.Length > 0).OrderByDescending(token => token.Content.Length).ToLookup(token => token.Content[0]);

    public IReadOnlyList<(int Start, int End, int Id)> Find(JinjaText text)
    {
        var found = new List<(int, int, int)>();
        var start = 0;
        foreach (var run in text.Runs)
        {
            for (var i = start; run.Origin == Origin.Template && i < run.End; i++)
            {
                var rest = text.Value.AsSpan(i, run.End - i);
                foreach (var token in byFirst[text.Value[i]])
                {
                    if (rest.StartsWith(token.Content))
                    {
                        found.Add((i, i + token.Content.Length, token.Id));
                        i += token.Content.Length - 1;
                        break;
                    }
                }
            }

            start = run.End;
        }

        return found;
    }

    /// <summary>Cuts text at control tokens and where loss begins and ends.</summary>
    public static IReadOnlyList<ChatSegment> Cut(
        string text, IReadOnlyList<(int Start, int End, int Id)> controls, IReadOnlyList<(int Start, int End)> trained)
    {
        var ids = controls.ToDictionary(control => control.Start, control => control.Id);
        int[] edges = [.. controls.SelectMany(control => new[] { control.Start, control.End })
            .Concat(trained.SelectMany(range => new[] { range.Start, range.End })).Append(0).Append(text.Length).Distinct().Order()];
        var segments = new List<ChatSegment>();
        var next = 0;
        for (var i = 0; i + 1 < edges.Length; i++)
        {
            var start = edges[i];
            while (next < trained.Count && trained[next].End <= start)
            {
                next++;
            }

            segments.Add(new ChatSegment(
                start,
                text[start..edges[i + 1]],
                ids.TryGetValue(start, out var id) ? id : null,
                next < trained.Count && trained[next].Start <= start));
        }

        return segments;
    }
}
