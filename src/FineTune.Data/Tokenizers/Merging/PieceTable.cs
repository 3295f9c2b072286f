using System.Diagnostics.CodeAnalysis;

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

    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static ByteComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
