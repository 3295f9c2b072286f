using System.Buffers.Binary;
using FineTune.Core.Training;

namespace FineTune.Data.Tokens;

/// <summary>
/// Writes sequences into shard files of bounded size; same sequences, same bytes. A shard gets its name only when it is whole, and
/// memory is bounded by one shard's mask, starts and origins (about 20 MB with the default).
/// </summary>
/// <param name="directory">Created if need be; shards of an earlier attempt are deleted.</param>
/// <param name="vocabularySize">Ids are below this.</param>
/// <param name="shardTokens">Tokens after which a shard is closed.</param>
/// <param name="prefix">Of the shards' names.</param>
public sealed class TokenShardWriter(
    string directory, int vocabularySize, long shardTokens = TokenShardWriter.DefaultShardTokens, string prefix = TokenShardWriter.DefaultPrefix)
    : IDisposable
{
    /// <summary>64 MiB of ids.</summary>
    public const long DefaultShardTokens = 16L << 20;

    public const string DefaultPrefix = "tokens";

    /// <summary>Sequences after which a shard is closed.</summary>
    private const int ShardSequences = 1 << 20;

    private readonly List<byte> mask = [];
    private readonly List<long> starts = [];
    private readonly List<(int File, int Line)> origins = [];
    private readonly List<TokenOrigin> files = [];
    private readonly List<TokenIndexShard> shards = [];
    private FileStream? shard;
    private long tokens;

    public long Sequences { get; private set; }

    public long Tokens { get; private set; }

    public long TrainedTokens { get; private set; }

    public int LongestSequence { get; private set; }

    /// <param name="origin">Where the sequence begins in the user's data.</param>
    public void Write(TokenSequence sequence, SequenceOrigin? origin = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence.Length, 2, nameof(sequence));
        ArgumentOutOfRangeException.ThrowIfNotEqual(sequence.Trained.Length, sequence.Length, nameof(sequence));
        if (shard is not null && (tokens + sequence.Length > shardTokens || starts.Count == ShardSequences))
        {
            CloseShard();
        }

        shard ??= OpenShard();
        starts.Add(tokens);
        origins.Add(origin is null ? (-1, 0) : (FileNumber(origin.File), (int)Math.Min(origin.Line, int.MaxValue)));
        Span<byte> id = stackalloc byte[sizeof(int)];
        for (var i = 0; i < sequence.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sequence.Tokens[i], (uint)vocabularySize, nameof(sequence));
            BinaryPrimitives.WriteInt32LittleEndian(id, sequence.Tokens[i]);
            shard.Write(id);
            if (tokens % 8 == 0)
            {
                mask.Add(0);
            }

            mask[^1] |= (byte)(sequence.Trained[i] ? 1 << (int)(tokens % 8) : 0);
            tokens++;
        }

        Sequences++;
        Tokens += sequence.Length;
        TrainedTokens += sequence.TrainedCount;
        LongestSequence = Math.Max(LongestSequence, sequence.Length);
    }

    /// <summary>Closes the last shard and writes the index, if there is anything to index. Without this call both are missing.</summary>
    public TokenIndex Complete()
    {
        if (shard is not null)
        {
            CloseShard();
        }

        var index = new TokenIndex([.. shards]);
        if (shards.Count > 0)
        {
            index.Write(directory);
        }

        return index;
    }

    public void Dispose()
    {
        if (shard is not null)
        {
            shard.Dispose();
            File.Delete(shard.Name);
            shard = null;
        }
    }

    private int FileNumber(string name)
    {
        if (files.Count == 0 || files[^1].Name != name)
        {
            files.Add(new TokenOrigin(name, 0));
        }

        return files.Count - 1;
    }

    private FileStream OpenShard()
    {
        if (shards.Count == 0)
        {
            Directory.CreateDirectory(directory);
            foreach (var old in Directory.EnumerateFiles(directory, prefix + "-*").Append(Path.Combine(directory, TokenIndex.FileName)))
            {
                File.Delete(old);
            }
        }

        var path = Path.Combine(directory, TokenShardFormat.FileName(prefix, shards.Count) + ".partial");
        var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        stream.Write(new byte[TokenShardFormat.HeaderBytes]);
        return stream;
    }

    private void CloseShard()
    {
        starts.Add(tokens);
        shard!.Write([.. mask]);
        shard.Write(new byte[TokenShardFormat.StartsOffset(tokens) - shard.Position]);
        Span<byte> start = stackalloc byte[sizeof(long)];
        foreach (var value in starts)
        {
            BinaryPrimitives.WriteInt64LittleEndian(start, value);
            shard.Write(start);
        }

        foreach (var (file, line) in origins)
        {
            BinaryPrimitives.WriteInt32LittleEndian(start, file);
            BinaryPrimitives.WriteInt32LittleEndian(start[sizeof(int)..], line);
            shard.Write(start);
        }

        shard.Position = 0;
        shard.Write(TokenShardFormat.Header(vocabularySize, starts.Count - 1, tokens));
        shard.Dispose();
        var name = TokenShardFormat.FileName(prefix, shards.Count);
        File.Move(shard.Name, Path.Combine(directory, name), overwrite: true);
        shards.Add(new TokenIndexShard(name, starts.Count - 1, tokens, [.. files]));
        shard = null;
        tokens = 0;
        mask.Clear();
        starts.Clear();
        origins.Clear();
        files.Clear();
    }
}
