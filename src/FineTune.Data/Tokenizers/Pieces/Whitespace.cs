namespace FineTune.Data.Tokenizers.Pieces;

/// <summary>The last alternatives of the published patterns: <c>\s*[\r\n]+|\s+(?!\S)|\s+</c>.</summary>
internal static class Whitespace
{
    /// <summary>
    /// The end of the match at <paramref name="start"/>, a white-space character: after the run's last line break, if
    /// <paramref name="toNewLine"/> and there is one; else the run, less its last character where more text follows, if that leaves any.
    /// </summary>
    public static int End(ReadOnlySpan<byte> text, int start, bool toNewLine)
    {
        var (index, last, afterNewLine) = (start, start, 0);
        while (index < text.Length)
        {
            var found = CharacterClasses.At(text, index, out var length);
            if (found is not (CharacterClass.Space or CharacterClass.NewLine))
            {
                break;
            }

            last = index;
            index += length;
            afterNewLine = found == CharacterClass.NewLine ? index : afterNewLine;
        }

        return toNewLine && afterNewLine > 0 ? afterNewLine : index < text.Length && last > start ? last : index;
    }
}
