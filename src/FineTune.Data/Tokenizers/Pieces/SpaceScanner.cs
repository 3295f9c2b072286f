namespace FineTune.Data.Tokenizers.Pieces;

/// <summary>
/// Cuts the text of a vocabulary whose merges may cross words (SentencePiece) at spaces and line breaks, wherever no merge can reach
/// across: then encoding the pieces gives what encoding the whole would. Spaces stand for <c>▁</c>.
/// </summary>
/// <param name="joins">At <c>last byte · 256 + first byte</c>: whether some merge joins a token that ends so to one that begins so.</param>
/// <param name="splitsSpaces">Cut before every space, whatever the merges (<c>Metaspace</c> with <c>split</c>).</param>
internal sealed class SpaceScanner(bool[] joins, bool splitsSpaces) : IPieceScanner
{
    public int Next(ReadOnlySpan<byte> text, int start)
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            var (before, after) = (text[i - 1], text[i]);
            if ((after is (byte)' ' or (byte)'\n' || before == '\n') && ((splitsSpaces && after == ' ') || !joins[(before << 8) | after]))
            {
                return i;
            }
        }

        return text.Length;
    }
}
