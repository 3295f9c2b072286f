using System.Globalization;
using System.Text.RegularExpressions;
using FineTune.Core.Datasets;

namespace FineTune.Data.Sources.Delta;

/// <summary>What has to be read for the newest version of a table, in this order.</summary>
/// <param name="Checkpoint">The parts of the checkpoint to begin with; empty to begin with the first commit.</param>
/// <param name="Commits">Versions that follow each other without a gap.</param>
/// <param name="Sidecars">Files that a checkpoint may refer to, by their names.</param>
internal sealed record DeltaLog(
    long Version, IReadOnlyList<DataFile> Checkpoint, IReadOnlyList<(long Version, DataFile File)> Commits, IReadOnlyDictionary<string, DataFile> Sidecars)
{
    public const string Folder = "_delta_log";

    private const string Sidecar = "_sidecars/";

    /// <summary>Null when the folder holds no table.</summary>
    /// <exception cref="DataAccessException">Commits are missing.</exception>
    public static async Task<DeltaLog?> FindAsync(ITableFolder table, CancellationToken cancellationToken)
    {
        var commits = new SortedDictionary<long, DataFile>();
        var checkpoints = new SortedDictionary<long, List<(int Part, int Parts, DataFile File)>>();
        var sidecars = new Dictionary<string, DataFile>(StringComparer.Ordinal);
        var prefix = $"{table.Location}/{Folder}/";
        await foreach (var file in table.ListAsync(Folder, cancellationToken))
        {
            var name = file.Location.StartsWith(prefix, StringComparison.Ordinal) ? file.Location[prefix.Length..] : "";
            if (name.StartsWith(Sidecar, StringComparison.Ordinal))
            {
                sidecars[name[Sidecar.Length..]] = file;
            }
            else if (DeltaNames.Commit().Match(name) is { Success: true } commit && TryVersion(commit, out var version))
            {
                commits[version] = file;
            }
            else if (DeltaNames.Checkpoint().Match(name) is { Success: true } match && TryVersion(match, out version))
            {
                var (part, parts) = match.Groups["part"].Success ? (Number(match, "part"), Number(match, "parts")) : (1, 1);
                checkpoints.TryAdd(version, []);
                checkpoints[version].Add((part, parts, file));
            }
        }

        return commits.Count == 0 && checkpoints.Count == 0 ? null : Select(table, commits, checkpoints, sidecars);
    }

    private static DeltaLog Select(
        ITableFolder table,
        SortedDictionary<long, DataFile> commits,
        SortedDictionary<long, List<(int Part, int Parts, DataFile File)>> checkpoints,
        Dictionary<string, DataFile> sidecars)
    {
        var (from, checkpoint) = checkpoints.Reverse().Select(pair => (pair.Key, Files: Complete(pair.Value))).FirstOrDefault(pair => pair.Files.Count > 0, (-1, []));
        var last = Math.Max(from, commits.Count == 0 ? -1 : commits.Keys.Last());
        var needed = new List<(long, DataFile)>();
        for (var version = from + 1; version <= last; version++)
        {
            needed.Add(commits.TryGetValue(version, out var file)
                ? (version, file)
                : throw DeltaErrors.Damaged(table, from < 0 && checkpoints.Count > 0
                    ? $"commit {version} of its log is missing, and so are parts of the checkpoint of version {checkpoints.Keys.Last()}"
                    : $"commit {version} of its log is missing; the newest is {last}"));
        }

        return last < 0
            ? throw DeltaErrors.Damaged(table, $"parts of the checkpoint of version {checkpoints.Keys.Last()} are missing, and there are no commits")
            : new DeltaLog(last, checkpoint, needed, sidecars);
    }

    /// <summary>A checkpoint in one file, or else one of which all parts are there; empty when there is none.</summary>
    private static IReadOnlyList<DataFile> Complete(List<(int Part, int Parts, DataFile File)> files) =>
        files.Find(file => file.Parts == 1) is { File: { } whole }
            ? [whole]
            : files.GroupBy(file => file.Parts)
                .Where(parts => parts.Key > 1 && parts.Select(file => file.Part).Order().SequenceEqual(Enumerable.Range(1, Math.Min(parts.Key, files.Count + 1))))
                .Select(parts => parts.OrderBy(file => file.Part).Select(file => file.File).ToList())
                .FirstOrDefault([]);

    private static bool TryVersion(Match match, out long version) =>
        long.TryParse(match.Groups["version"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out version) && version < long.MaxValue;

    private static int Number(Match match, string group) =>
        int.TryParse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
}

/// <summary>Names of files in a log; others, as version checksums and compacted commits, aren't needed.</summary>
internal static partial class DeltaNames
{
    [GeneratedRegex(@"^(?<version>[0-9]{20})\.json$", RegexOptions.CultureInvariant)]
    public static partial Regex Commit();

    /// <summary>In one file, in parts, or named by a UUID.</summary>
    [GeneratedRegex(
        @"^(?<version>[0-9]{20})\.checkpoint(\.(?<part>[0-9]{10})\.(?<parts>[0-9]{10})\.parquet|\.parquet|\.[0-9a-fA-F-]{36}\.(json|parquet))$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    public static partial Regex Checkpoint();
}
