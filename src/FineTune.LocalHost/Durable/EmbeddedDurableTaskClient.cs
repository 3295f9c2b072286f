using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable;

/// <summary>The client of the engine in this process. What it returns from is on disk.</summary>
internal sealed partial class EmbeddedDurableTaskClient(DurableStore store, EngineSignals signals, DurableEngineOptions engine, TimeProvider clock)
    : DurableTaskClient
{
    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var id = options?.InstanceId ?? NewId();
        Create(new NewInstance(
            id, orchestratorName, options?.Version ?? engine.DefaultVersion, Payload.Write(input), options?.StartAt ?? clock.GetUtcNow()));
        return Task.FromResult(id);
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        Deliver(instanceId, HistoryEventType.EventRaised, cancellation, name: eventName, input: Payload.Write(eventPayload));

    public override Task<OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(store.Find(instanceId)?.ToMetadata(getInputsAndOutputs));
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        while (true)
        {
            var ended = signals.WhenEnded(instanceId);
            var metadata = await GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation);
            if (metadata is not { IsCompleted: false })
            {
                signals.Ended(instanceId);
                return metadata ?? throw new InvalidOperationException($"There is no orchestration instance '{instanceId}'.");
            }

            await ended.WaitAsync(cancellation);
        }
    }

    public override Task TerminateInstanceAsync(string instanceId, object? output = null, CancellationToken cancellation = default) =>
        Deliver(instanceId, HistoryEventType.ExecutionTerminated, cancellation, input: Payload.Write(output));

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        Deliver(instanceId, HistoryEventType.ExecutionSuspended, cancellation, reason: reason);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        Deliver(instanceId, HistoryEventType.ExecutionResumed, cancellation, reason: reason);

    public override Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var instance = store.Find(instanceId)
            ?? throw new ArgumentException($"There is no orchestration instance '{instanceId}'.", nameof(instanceId));
        var id = restartWithNewInstanceId ? NewId() : instanceId;
        Create(new NewInstance(id, instance.Name, instance.Version, instance.Input, clock.GetUtcNow()));
        return Task.FromResult(id);
    }

    public override Task<IReadOnlyList<HistoryEvent>> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(store.History(instanceId));
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private void Create(NewInstance instance)
    {
        if (!store.TryCreate(instance))
        {
            throw new OrchestrationAlreadyExistsException(instance.Id);
        }

        signals.Wake();
    }

    private Task Deliver(
        string instanceId, HistoryEventType type, CancellationToken cancellation, string? name = null, string? input = null, string? reason = null)
    {
        cancellation.ThrowIfCancellationRequested();
        if (store.TryDeliver(instanceId, new HistoryEvent(type, clock.GetUtcNow(), Name: name, Input: input, Reason: reason)))
        {
            signals.Wake();
        }

        return Task.CompletedTask;
    }
}
