using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Workflows.Durable;

namespace FineTune.Workflows.Runs;

/// <param name="Request">As far as it could be read.</param>
/// <param name="Faults">Everything that is wrong with it; at least one.</param>
public sealed record RefusedRunInput(string RunId, RunRequest Request, IReadOnlyList<Fault> Faults);

/// <summary>A run that fails at once: how a request is refused when nobody waits for an answer, as with an upload.</summary>
public static class RefusedRun
{
    public const string Name = nameof(RefusedRun);
    public const string Phase = "create";

    /// <exception cref="FaultException">Always: the first fault, or that there is none because it was started by hand.</exception>
    public static async Task<RunState> RunAsync(TaskOrchestrationContext context, RefusedRunInput? input)
    {
        if (input is not { RunId: not null, Faults.Count: > 0 })
        {
            throw StartedByHand.Refuse(Name, Phase);
        }

        context.SetCustomStatus(new RunState(RunStatus.Failed, Phase, Fault: input.Faults[0]));
        var time = new DateTimeOffset(DateTime.SpecifyKind(context.CurrentUtcDateTime, DateTimeKind.Utc));
        foreach (var (index, fault) in input.Faults.Index())
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{RunEventTypes.Failed}-{index}");
            await context.CallActivityAsync<object?>(
                nameof(RecordEvent), new RecordEventInput(input.RunId, new RunEvent(id, time, RunEventTypes.Failed, fault.Message)), Retry.Transient);
        }

        throw new FaultException(input.Faults[0]);
    }
}
