using System.Buffers;
using System.Text.Json;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Storage;

namespace FineTune.Core.Runs;

/// <summary>
/// What a run tells while it goes on: events, a line of figures per step, signs of life. Writers append and may repeat themselves;
/// reading makes one story of it.
/// </summary>
/// <remarks>An append blob takes 50,000 appends, so steps are written in batches.</remarks>
public sealed class RunJournal(IBlobStore blobs, string runId)
{
    /// <summary>Below the 4 MiB of one append.</summary>
    private const int MaxAppend = 3 << 20;
    private readonly RunPaths paths = new(runId);

    public Task AppendEventsAsync(IEnumerable<RunEvent> events, CancellationToken cancellationToken = default) =>
        AppendAsync(paths.Events, events, cancellationToken);

    /// <summary>The events in the order in which they were first recorded, each once.</summary>
    public async Task<IReadOnlyList<RunEvent>> ReadEventsAsync(CancellationToken cancellationToken = default) =>
        [.. (await ReadAsync<RunEvent>(paths.Events, cancellationToken)).DistinctBy(happened => happened.Id)];

    /// <summary>Adds lines of one attempt at an epoch.</summary>
    public Task AppendMetricsAsync(
        int epoch, int attempt, IEnumerable<StepMetrics> steps, CancellationToken cancellationToken = default) =>
        AppendAsync(paths.MetricsOf(epoch, attempt), steps, cancellationToken);

    /// <summary>The figures of every step so far, in step order; of a step done again, those of the latest attempt.</summary>
    public async Task<IReadOnlyList<StepMetrics>> ReadMetricsAsync(CancellationToken cancellationToken = default)
    {
        var steps = new SortedDictionary<long, StepMetrics>();
        foreach (var blob in await AttemptsAsync(paths.Metrics, cancellationToken))
        {
            foreach (var step in await ReadAsync<StepMetrics>(blob, cancellationToken))
            {
                steps[step.Step] = step;
            }
        }

        return [.. steps.Values];
    }

    public Task WriteHeartbeatAsync(Heartbeat heartbeat, CancellationToken cancellationToken = default) =>
        blobs.WriteJsonAsync(paths.HeartbeatOf(heartbeat.Epoch, heartbeat.Attempt), heartbeat, cancellationToken);

    /// <summary>The last sign of life of the latest attempt, whatever its predecessors still send; null before the first.</summary>
    public async Task<Heartbeat?> ReadHeartbeatAsync(CancellationToken cancellationToken = default)
    {
        var attempts = await AttemptsAsync(paths.Heartbeats, cancellationToken);
        return attempts.Count == 0 ? null : await blobs.ReadJsonAsync<Heartbeat>(attempts[^1], cancellationToken);
    }

    /// <summary>The blobs below <paramref name="folder"/> by epoch and attempt, oldest first.</summary>
    private async Task<IReadOnlyList<BlobPath>> AttemptsAsync(BlobPath folder, CancellationToken cancellationToken)
    {
        var found = new List<BlobPath>();
        await foreach (var blob in blobs.ListAsync(folder.Container, folder.Name + "/", cancellationToken))
        {
            found.Add(blob.Path);
        }

        return [.. found.OrderBy(RunPaths.AttemptOf)];
    }

    private async Task AppendAsync<T>(BlobPath path, IEnumerable<T> records, CancellationToken cancellationToken)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var record in records)
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(record, WireJson.Options);
            if (lines.WrittenCount + line.Length >= MaxAppend)
            {
                await blobs.AppendAsync(path, lines.WrittenMemory, cancellationToken);
                lines.ResetWrittenCount();
            }

            lines.Write(line);
            lines.Write("\n"u8);
        }

        await blobs.AppendAsync(path, lines.WrittenMemory, cancellationToken);
    }

    private async Task<IReadOnlyList<T>> ReadAsync<T>(BlobPath path, CancellationToken cancellationToken)
    {
        var text = await blobs.ReadTextAsync(path, cancellationToken) ?? "";
        var records = new List<T>();
        foreach (var line in text.AsSpan().Split('\n'))
        {
            if (TryRead<T>(text.AsSpan(line), out var record))
            {
                records.Add(record!);
            }
        }

        return records;
    }

    // A writer that died may leave a torn line; the repetition after it holds the record again.
    private static bool TryRead<T>(ReadOnlySpan<char> line, out T? record)
    {
        record = default;
        try
        {
            record = line.IsWhiteSpace() ? default : JsonSerializer.Deserialize<T>(line, WireJson.Options);
            return record is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
