using FineTune.Core.Faults;
using FineTune.Core.Training;

namespace FineTune.Data.Tokens;

/// <summary>The shards of a directory as one source of sequences, in the order written. Safe for concurrent reading.</summary>
public sealed class TokenShardSource : ISequenceSource
{
    private readonly List<TokenShard> shards = [];
    private readonly List<long> firsts = [];

    private TokenShardSource()
    {
    }

    public long Count { get; private set; }

    public long TotalTokens { get; private set; }

    /// <summary>Every id is below this.</summary>
    public int VocabularySize => shards[0].VocabularySize;

    /// <exception cref="FaultException">A shard is missing or damaged (<c>tokens_corrupt</c>).</exception>
    public static TokenShardSource Open(string directory)
    {
        var source = new TokenShardSource();
        try
        {
            var names = Directory.EnumerateFiles(directory, "tokens-*.bin").Order(StringComparer.Ordinal).ToList();
            for (var i = 0; i < Math.Max(names.Count, 1); i++)
            {
                source.Add(Path.Combine(directory, TokenShardFormat.FileName(i)));
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
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var found = firsts.BinarySearch(index);
        var shard = found >= 0 ? found : ~found - 1;
        return shards[shard].Read(index - firsts[shard]);
    }

    public void Dispose()
    {
        foreach (var shard in shards)
        {
            shard.Dispose();
        }
    }

    private void Add(string path)
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

        firsts.Add(Count);
        Count += shard.Sequences;
        TotalTokens += shard.Tokens;
    }
}
