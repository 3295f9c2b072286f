using System.Buffers.Binary;
using System.Globalization;
using FineTune.Core.Faults;

namespace FineTune.Data.Tokens;

/// <summary>
/// A shard file, little-endian: header of 64 bytes (magic, version, vocabulary size, sequences, tokens, zeros), tokens as int32, mask as
/// one bit a token (lowest bit first), from the next multiple of 8 the sequences' first tokens as int64, closed by the token count, and each
/// sequence's origin as two int32: a file of the index (-1 without one) and a line, counted from where the shard's part of the file begins.
/// Everything else follows from the counts, so a file has exactly one valid length.
/// </summary>
internal static class TokenShardFormat
{
    public const int HeaderBytes = 64;
    public const uint Version = 2;

    /// <summary>Bytes of a sequence's origin.</summary>
    public const int OriginBytes = 2 * sizeof(int);

    public static ReadOnlySpan<byte> Magic => "FTTOKENS"u8;

    public static string FileName(string prefix, int shard) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{shard:D5}.bin");

    public static long MaskOffset(long tokens) => HeaderBytes + (tokens * sizeof(int));

    public static long MaskBytes(long tokens) => (tokens + 7) / 8;

    public static long StartsOffset(long tokens) => (MaskOffset(tokens) + MaskBytes(tokens) + 7) / 8 * 8;

    public static long OriginsOffset(long sequences, long tokens) => StartsOffset(tokens) + ((sequences + 1) * sizeof(long));

    public static long FileBytes(long sequences, long tokens) => OriginsOffset(sequences, tokens) + (sequences * OriginBytes);

    public static byte[] Header(int vocabularySize, long sequences, long tokens)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), vocabularySize);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), sequences);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), tokens);
        return header;
    }

    public static FaultException Corrupt(string path, string problem) => new(Fault.Platform(
        "read_tokens", "tokens_corrupt", $"{Path.GetFileName(path)} can't be used: {problem}; tokenize the data again.") with
    {
        File = Path.GetFileName(path),
    });
}
