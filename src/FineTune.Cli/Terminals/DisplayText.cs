using System.Globalization;
using System.Text;

namespace FineTune.Cli.Terminals;

/// <summary>Text as a terminal shows it.</summary>
public static class DisplayText
{
    private const string Ellipsis = "…";

    /// <summary>East Asian wide and fullwidth ranges and emoji (Unicode Standard Annex 11, joined where only unassigned code points lie between).</summary>
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F),
        (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>Columns that <paramref name="text"/> takes.</summary>
    public static int Width(string text) => text.EnumerateRunes().Sum(Width);

    /// <summary>One line without control characters: text from files and models must not steer the terminal.</summary>
    public static string OneLine(string text) => string.Create(text.Length, text, static (clean, raw) =>
    {
        for (var i = 0; i < raw.Length; i++)
        {
            clean[i] = char.IsControl(raw[i]) ? ' ' : raw[i];
        }
    });

    /// <summary>As <see cref="OneLine"/>, with line breaks and tabs kept.</summary>
    public static string Lines(string text) =>
        string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => string.Join('\t', line.Split('\t').Select(OneLine))));

    /// <summary>At most <paramref name="columns"/> columns; a cut is marked.</summary>
    public static string Fit(string text, int columns)
    {
        if (Width(text) <= columns)
        {
            return text;
        }

        var kept = new StringBuilder();
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += Width(rune);
            if (used > columns - 1)
            {
                break;
            }

            kept.Append(rune);
        }

        return columns <= 0 ? "" : kept + Ellipsis;
    }

    /// <summary>Exactly <paramref name="columns"/> columns, or more when the text is longer.</summary>
    public static string Pad(string text, int columns) => text + new string(' ', Math.Max(0, columns - Width(text)));

    private static int Width(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => Array.Exists(Wide, range => rune.Value >= range.First && rune.Value <= range.Last) ? 2 : 1,
    };
}
