using FineTune.Core.Faults;

namespace FineTune.Workflows.Runs;

/// <summary>The durable API starts any orchestrator with any input, also without one; the service's own need what it gives them.</summary>
internal static class StartedByHand
{
    public static FaultException Refuse(string orchestrator, string phase) => new(Fault.Caller(
        phase, "input_missing", $"{orchestrator} was started without the input it needs. Start runs with POST /api/runs.", "input"));
}
