namespace FineTune.Data.Tokenizers.Pieces;

/// <summary>Cuts a text, valid UTF-8, into the pieces within which merges happen. Without state; safe for concurrent use.</summary>
internal interface IPieceScanner
{
    /// <summary>The end of the piece that begins at byte <paramref name="start"/> of <paramref name="text"/>; always greater than it.</summary>
    int Next(ReadOnlySpan<byte> text, int start);

    /// <summary>The scanner for one text: the same one, unless the pattern has to see the whole text first.</summary>
    IPieceScanner Open(ReadOnlySpan<byte> text) => this;
}
