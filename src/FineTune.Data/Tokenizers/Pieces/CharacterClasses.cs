using System.Globalization;
using System.Runtime.CompilerServices;

namespace FineTune.Data.Tokenizers.Pieces;

/// <summary>What the patterns of pre-tokenizers tell apart.</summary>
internal enum CharacterClass : byte
{
    /// <summary><c>[^\s\p{L}\p{N}]</c></summary>
    Other,

    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c></summary>
    Number,

    /// <summary><c>\s</c> other than the next.</summary>
    Space,

    /// <summary><c>[\r\n]</c></summary>
    NewLine,
}

/// <summary>Classes of the characters of UTF-8 text.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] Plane = [.. Enumerable.Range(0, 0x10000).Select(Classify)];

    /// <summary>The class of the character at byte <paramref name="index"/>, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass At(ReadOnlySpan<byte> text, int index, out int length)
    {
        var first = text[index];
        if (first < 0x80)
        {
            length = 1;
            return Plane[first];
        }

        var scalar = Decode(text, index, out length);
        return scalar < 0x10000 ? Plane[scalar] : Classify(scalar);
    }

    /// <summary>The code point at byte <paramref name="index"/>, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decode(ReadOnlySpan<byte> text, int index, out int length)
    {
        int first = text[index];
        switch (first)
        {
            case < 0xC0:
                length = 1;
                return first;
            case < 0xE0:
                length = 2;
                return ((first & 0x1F) << 6) | (text[index + 1] & 0x3F);
            case < 0xF0:
                length = 3;
                return ((first & 0x0F) << 12) | ((text[index + 1] & 0x3F) << 6) | (text[index + 2] & 0x3F);
            default:
                length = 4;
                return ((first & 0x07) << 18) | ((text[index + 1] & 0x3F) << 12) | ((text[index + 2] & 0x3F) << 6) | (text[index + 3] & 0x3F);
        }
    }

    /// <summary>The end of the run of characters of class <paramref name="wanted"/> that begins at <paramref name="index"/>.</summary>
    public static int EndOfRun(ReadOnlySpan<byte> text, int index, CharacterClass wanted)
    {
        while (index < text.Length && At(text, index, out var length) == wanted)
        {
            index += length;
        }

        return index;
    }

    private static CharacterClass Classify(int scalar) => CharUnicodeInfo.GetUnicodeCategory(scalar) switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ when scalar is '\r' or '\n' => CharacterClass.NewLine,
        _ when scalar < 0x10000 && char.IsWhiteSpace((char)scalar) => CharacterClass.Space,
        _ => CharacterClass.Other,
    };
}
