namespace FineTune.Data.Tokenizers.Pieces;

/// <summary><see cref="PreTokenizerPatterns.Gpt2"/> by hand.</summary>
internal sealed class Gpt2Scanner : IPieceScanner
{
    public int Next(ReadOnlySpan<byte> text, int start)
    {
        if (text[start] == '\'' && Contraction(text[(start + 1)..]) is > 0 and var contracted)
        {
            return start + 1 + contracted;
        }

        var found = CharacterClasses.At(text, start, out var length);
        var next = start + length;
        if (text[start] == ' ' && next < text.Length
            && CharacterClasses.At(text, next, out length) is var second and not (CharacterClass.Space or CharacterClass.NewLine))
        {
            (found, next) = (second, next + length);
        }

        return found is CharacterClass.Space or CharacterClass.NewLine
            ? Whitespace.End(text, start, toNewLine: false)
            : CharacterClasses.EndOfRun(text, next, found);
    }

    private static int Contraction(ReadOnlySpan<byte> rest) =>
        rest.StartsWith("re"u8) || rest.StartsWith("ve"u8) || rest.StartsWith("ll"u8) ? 2
        : !rest.IsEmpty && rest[0] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d' ? 1 : 0;
}
