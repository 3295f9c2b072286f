using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;

namespace FineTune.Workflows.Runs;

public sealed record RecordEventInput(string RunId, RunEvent Event);

/// <summary>Appends to the run's events; a repeated event is one event to readers.</summary>
public sealed class RecordEvent(IBlobStore blobs)
{
    private static readonly Dictionary<string, string> Ends = new()
    {
        [RunEventTypes.Completed] = "completed",
        [RunEventTypes.Failed] = "failed",
        [RunEventTypes.Canceled] = "canceled",
    };

    public async Task<object?> RunAsync(RecordEventInput input)
    {
        await new RunJournal(blobs, input.RunId).AppendEventsAsync([input.Event]);
        if (Ends.TryGetValue(input.Event.Type, out var status))
        {
            Measures.Runs.Add(1, new KeyValuePair<string, object?>("status", status));
        }

        return null;
    }
}
