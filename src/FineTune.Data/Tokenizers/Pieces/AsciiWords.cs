using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FineTune.Data.Tokenizers.Pieces;

/// <summary>The commonest pieces of <see cref="PreTokenizerPatterns.Llama3"/>, found 32 bytes at a time: words of ASCII letters, with what may stand before them.</summary>
internal static class AsciiWords
{
    /// <summary>
    /// The length of the piece at <paramref name="start"/> if it matches <c>[^\r\n\p{L}\p{N}]?[A-Za-z]+</c> and another ASCII character ends it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLength(ReadOnlySpan<byte> text, int start, out int length)
    {
        length = 0;
        if (text.Length - start < Vector256<byte>.Count)
        {
            return false;
        }

        var bytes = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(text), (nuint)start);
        var isLetter = Vector256.LessThan((bytes | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a'), Vector256.Create((byte)26));
        var letters = isLetter.ExtractMostSignificantBits();
        length = 1 + BitOperations.TrailingZeroCount(~(letters >> 1));
        var begins = (letters & 1) != 0 || (length > 1 && MayPrecede(text[start]));
        return begins && length < Vector256<byte>.Count && text[start + length] < 0x80;
    }

    /// <summary>An apostrophe may begin a contraction, which is another piece.</summary>
    private static bool MayPrecede(byte value) => value < 0x80 && value is not ((byte)'\r' or (byte)'\n' or (byte)'\'' or (>= (byte)'0' and <= (byte)'9'));
}
