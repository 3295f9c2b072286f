using System.Text;

namespace FineTune.Data.Tokenizers.Pieces;

/// <summary>Any other pattern, by .NET's Regex: slower, and in memory for the whole text.</summary>
internal sealed class RegexScanner(PreTokenizer preTokenizer) : IPieceScanner
{
    public int Next(ReadOnlySpan<byte> text, int start) => throw new InvalidOperationException("Open the scanner for the text.");

    public IPieceScanner Open(ReadOnlySpan<byte> text)
    {
        var characters = Encoding.UTF8.GetString(text);
        var ends = new Dictionary<int, int>();
        var (start, byteStart) = (0, 0);
        foreach (var end in preTokenizer.Split(characters))
        {
            var byteEnd = byteStart + Encoding.UTF8.GetByteCount(characters.AsSpan(start, end - start));
            ends[byteStart] = byteEnd;
            (start, byteStart) = (end, byteEnd);
        }

        return new Ends(ends);
    }

    /// <param name="ends">By the pieces' starts, in bytes.</param>
    private sealed class Ends(Dictionary<int, int> ends) : IPieceScanner
    {
        public int Next(ReadOnlySpan<byte> text, int start) => ends[start];
    }
}
