namespace FineTune.Data.Tokenizers.Pieces;

/// <summary><see cref="PreTokenizerPatterns.Separate"/> by hand.</summary>
internal sealed class SeparateScanner : IPieceScanner
{
    public int Next(ReadOnlySpan<byte> text, int start)
    {
        var found = CharacterClasses.At(text, start, out var length);
        return found == CharacterClass.Letter ? CharacterClasses.EndOfRun(text, start + length, found) : start + length;
    }
}
