namespace FineTune.Data.Tokenizers.Merging;

/// <summary>Ids by the bytes of pieces.</summary>
internal sealed class PieceTable
{
    private readonly Dictionary<byte[], int> ids = new(ByteComparer.Instance);
    private int longest;

    public void Add(byte[] piece, int id)
    {
        ids[piece] = id;
        longest = Math.Max(longest, piece.Length);
    }

    public bool TryFind(ReadOnlySpan<byte> piece, out int id)
    {
        id = 0;
        return piece.Length <= longest && ids.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(piece, out id);
    }
}
