using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.Data.Tokens;

/// <summary>What a directory of shards holds, in order; lies beside them as <see cref="FileName"/>.</summary>
/// <param name="Summary">What became of the data; null of shards that were not made from a data set.</param>
public sealed record TokenIndex(IReadOnlyList<TokenIndexShard> Shards, TokenizationSummary? Summary = null)
{
    public const string FileName = "tokens.json";

    public static TokenIndex Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<TokenIndex>(stream, WireJson.Options) is { Shards.Count: > 0 } index
                ? index
                : throw TokenShardFormat.Corrupt(path, "it lists no shard");
        }
        catch (Exception unreadable) when (unreadable is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw TokenShardFormat.Corrupt(path, unreadable is JsonException ? "it isn't an index" : "it is missing");
        }
    }

    public void Write(string directory)
    {
        var path = Path.Combine(directory, FileName);
        File.WriteAllBytes(path + ".partial", JsonSerializer.SerializeToUtf8Bytes(this, WireJson.Indented));
        File.Move(path + ".partial", path, overwrite: true);
    }
}

/// <summary>One shard file.</summary>
/// <param name="Files">The user's files its sequences come from, by the number its origins give.</param>
public sealed record TokenIndexShard(string Name, long Sequences, long Tokens, IReadOnlyList<TokenOrigin> Files);

/// <summary>A part of a user's file.</summary>
/// <param name="LinesBefore">Lines of the file before that part.</param>
public sealed record TokenOrigin(string Name, long LinesBefore);
