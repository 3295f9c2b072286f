namespace FineTune.Data.Tokenizers;

/// <summary>
/// The printable stand-ins of the 256 bytes in byte-level vocabularies: printable Latin-1 characters stand for themselves, the
/// others, in order, for U+0100 and up (GPT-2; Radford et al. 2019).
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly Dictionary<char, byte> Bytes = Characters.Select((c, i) => (c, i)).ToDictionary(p => p.c, p => (byte)p.i);

    /// <summary>The stand-in of <paramref name="value"/>.</summary>
    public static char CharacterOf(byte value) => Characters[value];

    public static string TextOf(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = Characters[bytes[i]];
        }

        return new string(text);
    }

    /// <summary>The bytes that <paramref name="token"/> stands for, or null when it holds a character that stands for none.</summary>
    public static byte[]? BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
            {
                return null;
            }
        }

        return bytes;
    }

    private static char[] Build()
    {
        var next = 0x100;
        return [.. Enumerable.Range(0, 256).Select(b => IsPrintable(b) ? (char)b : (char)next++)];
    }

    private static bool IsPrintable(int b) => b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
}
