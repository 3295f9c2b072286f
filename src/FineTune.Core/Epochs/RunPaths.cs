using System.Globalization;
using System.Text.RegularExpressions;
using FineTune.Core.Storage;

namespace FineTune.Core.Epochs;

/// <summary>Where the artefacts of a run lie. Names are functions of run, epoch and attempt, so repeating a step finds its own work.</summary>
public sealed partial class RunPaths(string runId)
{
    public BlobPath Root { get; } = new(Containers.Runs, runId);

    public BlobPath Spec => Root / "run.json";

    public BlobPath Events => Root / "events.jsonl";

    /// <summary>Present once cancellation was asked for.</summary>
    public BlobPath CancelMarker => Root / "cancel.json";

    /// <summary>A <see cref="PauseRequest"/>, once a pause was asked for.</summary>
    public BlobPath PauseMarker => Root / "pause.json";

    public BlobPath ValidationReport => Root / "validation.json";

    /// <summary>The same for people.</summary>
    public BlobPath ValidationPage => Root / "validation.html";

    /// <summary>Names the folders of tokenized data the run uses.</summary>
    public BlobPath TokenSets => Root / "tokens.json";

    public BlobPath EvaluationReport => Root / "evaluation.json";

    /// <summary>Folder of the append blobs with one JSON line a step.</summary>
    public BlobPath Metrics => Root / "metrics";

    /// <summary>Folder of the records of finished epochs' checkpoints, one JSON blob an epoch.</summary>
    public BlobPath Checkpoints => Root / "checkpoints";

    public BlobPath CheckpointRecord(int epoch) => Checkpoints / (Epoch(epoch) + ".json");

    public BlobPath MetricsOf(int epoch, int attempt) => Metrics / (Attempt(epoch, attempt) + ".jsonl");

    /// <summary>Folder of the fences.</summary>
    public BlobPath Fences => Root / "fences";

    /// <summary>Names the newest attempt of an epoch; trainers holding an older one, or finding none, give it up.</summary>
    public BlobPath Fence(int epoch) => Fences / $"{Epoch(epoch)}.json";

    public BlobPath Result(int epoch, int attempt) => Root / $"results/{Attempt(epoch, attempt)}.json";

    /// <summary>Folder of the signs of life, one JSON blob an attempt.</summary>
    public BlobPath Heartbeats => Root / "heartbeats";

    public BlobPath HeartbeatOf(int epoch, int attempt) => Heartbeats / (Attempt(epoch, attempt) + ".json");

    /// <summary>Folder below which an attempt writes its checkpoint artefacts, one folder a checkpoint.</summary>
    public BlobPath Work(int epoch, int attempt) => Root / $"work/{Attempt(epoch, attempt)}";

    /// <summary>Epoch and attempt of a blob that was named by them; (0, 0) of any other.</summary>
    public static (int Epoch, int Attempt) AttemptOf(BlobPath path)
    {
        var match = AttemptName().Match(path.FileName);
        return match.Success
            ? (int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))
            : (0, 0);
    }

    [GeneratedRegex(@"^ep(\d{4,9})-a(\d{1,9})\.")]
    private static partial Regex AttemptName();

    private static string Attempt(int epoch, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{Epoch(epoch)}-a{attempt}");

    private static string Epoch(int epoch) => string.Create(CultureInfo.InvariantCulture, $"ep{epoch:D4}");
}
