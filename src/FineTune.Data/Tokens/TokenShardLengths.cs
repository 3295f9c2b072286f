using System.Buffers.Binary;

namespace FineTune.Data.Tokens;

/// <summary>Lengths of a shard's sequences, read from its index without its tokens.</summary>
public static class TokenShardLengths
{
    private const int BlockSequences = 1 << 13;

    /// <summary>First byte of the index in the shard's file.</summary>
    public static long Offset(TokenIndexShard shard) => TokenShardFormat.StartsOffset(shard.Tokens);

    /// <param name="stream">The file from <see cref="Offset"/> on.</param>
    /// <exception cref="Core.Faults.FaultException">The index can't be right (<c>tokens_corrupt</c>).</exception>
    public static async Task<int[]> ReadAsync(Stream stream, TokenIndexShard shard, CancellationToken cancellationToken = default)
    {
        var lengths = new List<int>();
        var buffer = new byte[BlockSequences * sizeof(long)];
        var previous = -1L;
        for (var left = shard.Sequences + 1; left > 0;)
        {
            var bytes = buffer.AsMemory(0, (int)Math.Min(left, BlockSequences) * sizeof(long));
            var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            for (var at = 0; at < bytes.Length; at += sizeof(long))
            {
                var start = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[at..]);
                if (read < bytes.Length || start < previous || start > shard.Tokens || (previous < 0 && start != 0))
                {
                    throw TokenShardFormat.Corrupt(shard.Name, $"a sequence begins at token {start} after {previous}");
                }

                if (previous >= 0)
                {
                    lengths.Add((int)(start - previous));
                }

                previous = start;
            }

            left -= bytes.Length / sizeof(long);
        }

        return [.. lengths];
    }
}
