using FineTune.Core.Faults;
using FineTune.Core.Training;

namespace FineTune.Data.Tokens;

/// <summary>The shards of a directory as one source of sequences, in the order written. Safe for concurrent reading.</summary>
public sealed class TokenShardSource : ISequenceSource
{
    private readonly List<TokenShard> shards = [];
    private readonly List<long> firsts = [];
    private readonly TokenIndex index;

    private TokenShardSource(TokenIndex index) => this.index = index;

    public long Count { get; private set; }

    public long TotalTokens { get; private set; }

    /// <summary>Every id is below this.</summary>
    public int VocabularySize => shards[0].VocabularySize;

    /// <exception cref="FaultException">The index or a shard is missing or damaged (<c>tokens_corrupt</c>).</exception>
    public static TokenShardSource Open(string directory)
    {
        var source = new TokenShardSource(TokenIndex.Read(directory));
        try
        {
            foreach (var entry in source.index.Shards)
            {
                source.Add(Path.Combine(directory, Path.GetFileName(entry.Name)), entry);
            }
        }
        catch
        {
            source.Dispose();
            throw;
        }

        return source;
    }

    public TokenSequence Read(long index)
    {
        var (shard, within) = Find(index);
        return shards[shard].Read(within);
    }

    public int LengthOf(long index)
    {
        var (shard, within) = Find(index);
        return shards[shard].LengthOf(within);
    }

    public SequenceOrigin? OriginOf(long index)
    {
        var (shard, within) = Find(index);
        var (file, line) = shards[shard].OriginOf(within);
        var files = this.index.Shards[shard].Files;
        return file >= 0 && file < files.Count ? new SequenceOrigin(files[file].Name, files[file].LinesBefore + line) : null;
    }

    public void Dispose()
    {
        foreach (var shard in shards)
        {
            shard.Dispose();
        }
    }

    private (int Shard, long Within) Find(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var found = firsts.BinarySearch(index);
        var shard = found >= 0 ? found : ~found - 1;
        return (shard, index - firsts[shard]);
    }

    private void Add(string path, TokenIndexShard entry)
    {
        if (!File.Exists(path))
        {
            throw TokenShardFormat.Corrupt(path, "it is missing");
        }

        var shard = new TokenShard(path);
        shards.Add(shard);
        if (shard.VocabularySize != VocabularySize)
        {
            throw TokenShardFormat.Corrupt(path, $"its vocabulary is {shard.VocabularySize}, that of the first shard {VocabularySize}");
        }

        if (shard.Sequences != entry.Sequences || shard.Tokens != entry.Tokens)
        {
            throw TokenShardFormat.Corrupt(path, $"it has {shard.Sequences} sequences, and {entry.Sequences} in {TokenIndex.FileName}");
        }

        firsts.Add(Count);
        Count += shard.Sequences;
        TotalTokens += shard.Tokens;
    }
}
