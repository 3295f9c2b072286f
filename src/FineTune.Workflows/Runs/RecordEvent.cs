using FineTune.Core.Runs;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Runs;

public sealed record RecordEventInput(string RunId, RunEvent Event);

/// <summary>Appends to the run's events; a repeated event is one event to readers.</summary>
public sealed class RecordEvent(IBlobStore blobs)
{
    public async Task<object?> RunAsync(RecordEventInput input)
    {
        await new RunJournal(blobs, input.RunId).AppendEventsAsync([input.Event]);
        return null;
    }
}
