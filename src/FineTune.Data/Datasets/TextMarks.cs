using System.Buffers;
using System.Text;

namespace FineTune.Data.Datasets;

/// <summary>Signs in a text that it isn't what was meant: bytes lost in an earlier conversion, control tokens written out.</summary>
internal static class TextMarks
{
    private const int LongestTokenName = 40;

    private static readonly SearchValues<byte> TokenName = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"u8);

    /// <param name="text">UTF-8, as it stands in the file.</param>
    public static void Warn(ReadOnlySpan<byte> text, FieldPath path, ProblemScope problems)
    {
        if (text.IndexOf((byte)'<') is >= 0 and var angle && ControlToken(text[angle..]) is { } token)
        {
            Report(ProblemCodes.SpecialTokenText, $"has '{token}', which is trained on as ordinary characters.", token, path, problems);
        }
        else if (text.IndexOf("[INST]"u8) >= 0)
        {
            Report(ProblemCodes.SpecialTokenText, "has '[INST]', which is trained on as ordinary characters.", "[INST]", path, problems);
        }

        if (text.IndexOf("\\u0000"u8) >= 0 || text.Contains((byte)0))
        {
            Report(ProblemCodes.NulCharacter, "has NUL characters.", null, path, problems);
        }

        if (!Ascii.IsValid(text))
        {
            WarnOfDamage(text, path, problems);
        }
    }

    private static void WarnOfDamage(ReadOnlySpan<byte> text, FieldPath path, ProblemScope problems)
    {
        if (text.IndexOf("\uFFFD"u8) is >= 0 and var lost)
        {
            Report(ProblemCodes.ReplacementCharacter, "has U+FFFD where characters were lost.", Around(text, lost), path, problems);
        }

        // "â€" begins every misread dash and quotation mark, "Ã" with a Latin-1 sign every misread letter with an accent.
        var wrong = text.IndexOf("\u00E2\u20AC"u8);
        wrong = wrong >= 0 ? wrong : text.IndexOf((ReadOnlySpan<byte>)[0xC3, 0x83, 0xC2]);
        if (wrong >= 0)
        {
            Report(ProblemCodes.Mojibake, "has characters that come from reading UTF-8 as Windows-1252.", Around(text, wrong), path, problems);
        }
    }

    private static string? ControlToken(ReadOnlySpan<byte> text)
    {
        for (var start = text.IndexOf("<|"u8); start >= 0; start = text.IndexOf("<|"u8))
        {
            text = text[(start + 2)..];
            var length = text[..Math.Min(text.Length, LongestTokenName)].IndexOfAnyExcept(TokenName);
            if (length > 0 && text[length..].StartsWith("|>"u8))
            {
                return $"<|{Encoding.ASCII.GetString(text[..length])}|>";
            }
        }

        return null;
    }

    private static string Around(ReadOnlySpan<byte> text, int at) => ProblemScope.ExcerptOf(text[at..Math.Min(text.Length, at + 24)]);

    private static void Report(string code, string message, string? excerpt, FieldPath path, ProblemScope problems) =>
        problems.Warning(code, path.Root is null ? null : path.ToString(), $"{(path.Root is null ? "The text" : path)} {message}", excerpt);
}
