using System.Text.RegularExpressions;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// Cuts a text into the pieces within which merges happen. Each stage is a pattern whose matches, and the gaps between them, become
/// pieces of their own (behaviour <c>Isolated</c> of Hugging Face's <c>Split</c>); a later stage cuts the pieces of the one before.
/// </summary>
public sealed class PreTokenizer
{
    private readonly List<Regex> stages;
    private readonly bool ignoresCase;

    /// <exception cref="ArgumentException">A pattern isn't one that .NET and Oniguruma understand alike.</exception>
    public PreTokenizer(params IEnumerable<string> patterns)
    {
        stages = [.. patterns.Select(Compile)];
        ignoresCase = stages.Any(stage => stage.ToString().Contains("(?i", StringComparison.Ordinal));
    }

    /// <summary>The pieces of <paramref name="text"/>, in order and without gaps, as ends: each piece begins where the last one ended.</summary>
    public IReadOnlyList<int> Split(string text)
    {
        var scalars = new ScalarText(text, ignoresCase);
        List<int> ends = [scalars.Text.Length];
        foreach (var stage in stages)
        {
            ends = Refine(scalars.Text, ends, stage);
        }

        for (var i = 0; i < ends.Count; i++)
        {
            ends[i] = scalars.OriginalIndex(ends[i]);
        }

        return ends;
    }

    private static List<int> Refine(string text, List<int> ends, Regex stage)
    {
        var refined = new List<int>(text.Length / 4);
        var start = 0;
        foreach (var end in ends)
        {
            var piece = text.AsSpan(start, end - start);
            var done = 0;
            foreach (var match in stage.EnumerateMatches(piece))
            {
                if (match.Length == 0)
                {
                    continue;
                }

                if (match.Index > done)
                {
                    refined.Add(start + match.Index);
                }

                done = match.Index + match.Length;
                refined.Add(start + done);
            }

            if (done < piece.Length)
            {
                refined.Add(end);
            }

            start = end;
        }

        return refined;
    }

    private static Regex Compile(string pattern)
    {
        // Same text, other meaning: class intersection, POSIX brackets, \h (hex digit), anchors (always multi-line in Oniguruma).
        string[] ambiguous = ["&&", "[:", @"\h", @"\H", "-[", "$"];
        return ambiguous.FirstOrDefault(part => pattern.Contains(part, StringComparison.Ordinal)) is { } found
            ? throw new ArgumentException($"pattern '{pattern}' uses '{found}'", nameof(pattern))
            : new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant);
    }
}
