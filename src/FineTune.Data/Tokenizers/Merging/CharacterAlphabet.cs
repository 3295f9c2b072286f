using FineTune.Data.Tokenizers.Pieces;

namespace FineTune.Data.Tokenizers.Merging;

/// <summary>
/// Every character is a symbol (SentencePiece). One outside the vocabulary becomes its UTF-8 bytes, or the unknown token, or nothing,
/// whichever the vocabulary has first.
/// </summary>
/// <param name="ids">By code point.</param>
/// <param name="byteIds">By byte (<c>&lt;0x00&gt;</c> …), or null without <c>byte_fallback</c>.</param>
/// <param name="unknown">Id of the unknown token.</param>
/// <param name="fusesUnknown">Whether neighbouring unknown characters are one unknown token.</param>
internal sealed class CharacterAlphabet(IReadOnlyDictionary<int, int> ids, int[]? byteIds, int? unknown, bool fusesUnknown) : IAlphabet
{
    private const int Absent = -1;

    private readonly int[] plane = [.. Enumerable.Range(0, 0x10000).Select(scalar => ids.GetValueOrDefault(scalar, Absent))];

    public void Read(ReadOnlySpan<byte> text, Symbols symbols)
    {
        symbols.Begin(text.Length);
        var afterUnknown = false;
        for (int start = 0, length; start < text.Length; start += length)
        {
            var id = Find(text, start, out length);
            if (id != Absent)
            {
                symbols.Add(id, start);
                afterUnknown = false;
            }
            else if (byteIds is not null)
            {
                for (var i = start; i < start + length; i++)
                {
                    symbols.Add(byteIds[text[i]], i);
                }
            }
            else if (unknown is { } missing && !(afterUnknown && fusesUnknown))
            {
                symbols.Add(missing, start);
                afterUnknown = fusesUnknown;
            }
        }
    }

    private int Find(ReadOnlySpan<byte> text, int start, out int length)
    {
        // A character amid which the text begins or ends is one that the vocabulary lacks: no token boundary cuts others.
        var needed = text[start] switch { < 0x80 => 1, < 0xC0 => int.MaxValue, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        if (needed > text.Length - start)
        {
            length = 1;
            return Absent;
        }

        var scalar = CharacterClasses.Decode(text, start, out length);
        return scalar < plane.Length ? plane[scalar] : ids.GetValueOrDefault(scalar, Absent);
    }
}
