using System.Globalization;
using System.Text;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// A view of a text with one UTF-16 unit per code point, for .NET's Regex, which sees surrogates where the patterns of tokenizers
/// mean code points: each code point above U+FFFF is replaced by a stand-in of its general category.
/// </summary>
internal sealed class ScalarText
{
    private static readonly char[] StandIns = BuildStandIns();
    private readonly int[]? offsets;

    /// <param name="foldLongS">
    /// Replace ſ by s: Unicode folds ſ to s where case is ignored (so do the tokenizers' regex engines), .NET doesn't.
    /// </param>
    public ScalarText(string text, bool foldLongS)
    {
        Text = foldLongS ? text.Replace('ſ', 's') : text;
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return;
        }

        var view = new StringBuilder(text.Length);
        var starts = new List<int>(text.Length + 1);
        var position = 0;
        foreach (var rune in Text.EnumerateRunes())
        {
            starts.Add(position);
            view.Append(rune.IsBmp ? (char)rune.Value : StandIns[(int)Rune.GetUnicodeCategory(rune)]);
            position += rune.Utf16SequenceLength;
        }

        starts.Add(position);
        offsets = [.. starts];
        Text = view.ToString();
    }

    public string Text { get; }

    /// <summary>The index in the original of index <paramref name="index"/> of <see cref="Text"/>.</summary>
    public int OriginalIndex(int index) => offsets is null ? index : offsets[index];

    private static char[] BuildStandIns()
    {
        var standIns = new char[30];
        for (var c = '\uFFFD'; c > '\u00FF'; c--)
        {
            standIns[(int)CharUnicodeInfo.GetUnicodeCategory(c)] = c;
        }

        return standIns;
    }
}
