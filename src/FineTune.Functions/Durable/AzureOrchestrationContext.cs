using Microsoft.Extensions.Logging;
using Ms = Microsoft.DurableTask;
using Port = FineTune.Workflows.Durable;

namespace FineTune.Functions.Durable;

/// <summary>
/// The workflow's port on Azure Durable Functions. Payloads are in the wire dialect because the worker's serializer is
/// (see <c>Program.cs</c>), and failures arrive as the port's own exception.
/// </summary>
/// <remarks>Awaits nothing but durable tasks, so continuations stay on the orchestrator's thread.</remarks>
public class AzureOrchestrationContext(Ms.TaskOrchestrationContext inner) : Port.TaskOrchestrationContext
{
    public override string Name => inner.Name.Name;

    public override string InstanceId => inner.InstanceId;

    public override Port.ParentOrchestrationInstance? Parent =>
        inner.Parent is { } parent ? new(parent.Name.Name, parent.InstanceId) : null;

    public override string Version => inner.Version;

    public override DateTime CurrentUtcDateTime => inner.CurrentUtcDateTime;

    public override bool IsReplaying => inner.IsReplaying;

    public override T? GetInput<T>()
        where T : default => inner.GetInput<T>();

    public override Task<TResult> CallActivityAsync<TResult>(string name, object? input = null, Port.TaskOptions? options = null) =>
        Translate(inner.CallActivityAsync<TResult>(name, input, DurableMapping.ToAzure(options)));

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(string name, object? input = null, Port.TaskOptions? options = null) =>
        Translate(inner.CallSubOrchestratorAsync<TResult>(name, input, DurableMapping.ToAzure(options)));

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) => inner.CreateTimer(fireAt, cancellationToken);

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        inner.WaitForExternalEvent<T>(eventName, cancellationToken);

    public override void SendEvent(string instanceId, string eventName, object payload) => inner.SendEvent(instanceId, eventName, payload);

    public override void SetCustomStatus(object? customStatus) => inner.SetCustomStatus(customStatus);

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        inner.ContinueAsNew(newInput, preserveUnprocessedEvents);

    public override Guid NewGuid() => inner.NewGuid();

    public override ILogger CreateReplaySafeLogger(string categoryName) => inner.CreateReplaySafeLogger(categoryName);

    /// <summary>Runs an orchestrator; what failed it is told in the SDK's own exception, the only one whose details it keeps.</summary>
    public async Task<object?> RunAsync(Port.OrchestratorFunction orchestrator)
    {
        try
        {
            return await orchestrator(this);
        }
        catch (Port.TaskFailedException failure)
        {
            throw new Ms.TaskFailedException(failure.TaskName, failure.TaskId, DurableMapping.ToAzure(failure.FailureDetails));
        }
    }

    private static async Task<TResult> Translate<TResult>(Task<TResult> call)
    {
        try
        {
            return await call;
        }
        catch (Ms.TaskFailedException failure)
        {
            throw new Port.TaskFailedException(failure.TaskName, failure.TaskId, DurableMapping.DetailsOf(failure));
        }
    }
}
