using System.Globalization;
using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Storage;
using FineTune.Data.Sources;
using FineTune.Data.Tokens;

namespace FineTune.Workflows.Datasets;

/// <summary>A part of a data file: the lines that begin in these bytes.</summary>
/// <param name="End">Behind the last byte; null for all the rest of the file.</param>
public sealed record TokenRange(DataFile File, long Start, long? End);

/// <summary>What one activity tokenizes: a part of a large file, or several small files.</summary>
public sealed record TokenBlock(IReadOnlyList<TokenRange> Ranges);

/// <summary>What came of a block; stored last, so a block with a result is whole.</summary>
/// <param name="Lines">Line ends of each of the block's ranges.</param>
public sealed record TokenBlockResult(
    IReadOnlyList<TokenIndexShard> Shards, IReadOnlyList<ArtifactFile> Files, IReadOnlyList<long> Lines, TokenizationSummary Summary);

/// <summary>Divides data files into blocks, and names what is made of them.</summary>
public static class TokenBlocks
{
    public const string PlanFile = "blocks.json";

    public static string ResultFile(int block) => string.Create(CultureInfo.InvariantCulture, $"{ShardPrefix(block)}.json");

    public static string ShardPrefix(int block) => string.Create(CultureInfo.InvariantCulture, $"block-{block:D6}");

    /// <summary>Blocks of about <paramref name="blockBytes"/> in the order of the files. A function of lengths and names alone.</summary>
    public static IReadOnlyList<TokenBlock> Divide(IReadOnlyList<DataFile> files, long blockBytes)
    {
        var blocks = new List<TokenBlock>();
        var (ranges, bytes) = (new List<TokenRange>(), 0L);
        foreach (var range in files.SelectMany(file => Divide(file, blockBytes)))
        {
            var length = (range.End ?? range.File.Length) - range.Start;
            if (ranges.Count > 0 && bytes + length > blockBytes)
            {
                blocks.Add(new TokenBlock([.. ranges]));
                ranges.Clear();
                bytes = 0;
            }

            ranges.Add(range);
            bytes += length;
        }

        return ranges.Count > 0 ? [.. blocks, new TokenBlock([.. ranges])] : blocks;
    }

    private static IEnumerable<TokenRange> Divide(DataFile file, long blockBytes)
    {
        if (!FileFormat.Of(file.Name).IsDivisible || file.Length <= blockBytes)
        {
            return [new TokenRange(file, 0, null)];
        }

        // Equal parts: no last one of a few bytes.
        var count = (file.Length + blockBytes - 1) / blockBytes;
        var part = (file.Length + count - 1) / count;
        return Enumerable.Range(0, (int)count).Select(i => new TokenRange(file, i * part, i == count - 1 ? null : (i + 1) * part));
    }
}
