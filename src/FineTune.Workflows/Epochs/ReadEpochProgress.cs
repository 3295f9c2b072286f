using FineTune.Core.Epochs;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Epochs;

/// <param name="Number">Makes each look a task of its own in the history.</param>
public sealed record EpochCheck(EpochJob Job, DateTime Time, int Number);

/// <param name="Result">The attempt's stored result, should its event have been lost.</param>
/// <param name="LastSign">UTC time of the last heartbeat; null while no trainer has taken the epoch: it waits in the queue.</param>
public sealed record EpochProgress(EpochResult? Result, DateTime? LastSign);

/// <summary>Looks for signs of life of an attempt.</summary>
public sealed class ReadEpochProgress(IBlobStore blobs)
{
    public async Task<EpochProgress> RunAsync(EpochCheck check)
    {
        var paths = new RunPaths(check.Job.RunId);
        var result = await blobs.ReadJsonAsync<EpochResult>(paths.Result(check.Job.Epoch, check.Job.Attempt));
        var heartbeat = await blobs.ReadJsonAsync<Heartbeat>(paths.HeartbeatOf(check.Job.Epoch, check.Job.Attempt));
        return new EpochProgress(result, heartbeat?.Time.UtcDateTime);
    }
}
