using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace FineTune.Data.Tokenizers;

/// <summary>Compares bytes by value. Hashes are seeded at random, so that no file can be made to collide.</summary>
internal sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    private readonly long seed = Random.Shared.NextInt64();

    public static ByteComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)XxHash3.HashToUInt64(alternate, seed);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
