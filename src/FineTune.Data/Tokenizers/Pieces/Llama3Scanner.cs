namespace FineTune.Data.Tokenizers.Pieces;

/// <summary><see cref="PreTokenizerPatterns.Llama3"/> by hand. Its alternatives are tried in order, and one of them matches anywhere.</summary>
internal sealed class Llama3Scanner : IPieceScanner
{
    public int Next(ReadOnlySpan<byte> text, int start)
    {
        if (AsciiWords.TryLength(text, start, out var word))
        {
            return start + word;
        }

        var first = CharacterClasses.At(text, start, out var length);
        var next = start + length;
        switch (first)
        {
            case CharacterClass.Letter:
                return CharacterClasses.EndOfRun(text, next, CharacterClass.Letter);
            case CharacterClass.Number:
                return UpToThreeNumbers(text, next);
            case CharacterClass.Other when text[start] == '\'' && Contraction(text, next) is > 0 and var end:
                return end;
        }

        if (first != CharacterClass.NewLine && next < text.Length)
        {
            var second = CharacterClasses.At(text, next, out length);
            if (second == CharacterClass.Letter)
            {
                return CharacterClasses.EndOfRun(text, next + length, CharacterClass.Letter);
            }

            if (second == CharacterClass.Other && text[start] == ' ')
            {
                return Symbols(text, next + length);
            }
        }

        return first == CharacterClass.Other ? Symbols(text, next) : Whitespace.End(text, start, toNewLine: true);
    }

    private static int UpToThreeNumbers(ReadOnlySpan<byte> text, int index)
    {
        for (var more = 0; more < 2 && index < text.Length && CharacterClasses.At(text, index, out var length) == CharacterClass.Number; more++)
        {
            index += length;
        }

        return index;
    }

    private static int Symbols(ReadOnlySpan<byte> text, int index)
    {
        index = CharacterClasses.EndOfRun(text, index, CharacterClass.Other);
        return CharacterClasses.EndOfRun(text, index, CharacterClass.NewLine);
    }

    /// <summary>The end of a contraction after its apostrophe, or 0. Case is ignored, and Unicode folds ſ to s.</summary>
    private static int Contraction(ReadOnlySpan<byte> text, int index)
    {
        var rest = text[index..];
        if (rest.IsEmpty)
        {
            return 0;
        }

        var second = rest.Length > 1 ? rest[1] | 0x20 : 0;
        return (rest[0] | 0x20) switch
        {
            's' or 't' or 'm' or 'd' => index + 1,
            'r' or 'v' when second == 'e' => index + 2,
            'l' when second == 'l' => index + 2,
            _ => rest.StartsWith("ſ"u8) ? index + 2 : 0,
        };
    }
}
