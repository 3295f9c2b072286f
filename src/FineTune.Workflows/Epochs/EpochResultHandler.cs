using System.Diagnostics;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Telemetry;
using FineTune.Workflows.Durable;

namespace FineTune.Workflows.Epochs;

/// <summary>Turns a message of the <c>epoch-results</c> queue into the event its orchestration waits for.</summary>
public static class EpochResultHandler
{
    public static async Task HandleAsync(string body, DurableTaskClient client, CancellationToken cancellationToken = default)
    {
        var result = WireJson.Deserialize<EpochResult>(body);
        using var span = Traces.Start("epoch_result", ActivityKind.Consumer, result.TraceParent);
        await client.RaiseEventAsync(result.InstanceId, result.EventName, result, cancellationToken);
    }
}
