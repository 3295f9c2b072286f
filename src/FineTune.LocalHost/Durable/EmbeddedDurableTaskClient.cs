using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable;

/// <summary>The client of the engine in this process. What it returns from is on disk.</summary>
internal sealed class EmbeddedDurableTaskClient(DurableStore store, EngineSignals signals, DurableEngineOptions engine, TimeProvider clock)
    : DurableTaskClient
{
    private const int PageSize = 100;

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        string orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        var created = store.TryCreate(new NewInstance(
            id, orchestratorName, options?.Version ?? engine.DefaultVersion, Payload.Write(input), options?.StartAt ?? clock.GetUtcNow()));
        if (!created)
        {
            throw new OrchestrationAlreadyExistsException(id);
        }

        signals.Wake();
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

    public override async IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        filter ??= new OrchestrationQuery();
        var before = long.MaxValue;
        IReadOnlyList<InstanceRecord> page;
        do
        {
            page = await Task.FromResult(store.Query(filter, before, PageSize));
            foreach (var instance in page)
            {
                yield return instance.ToMetadata(filter.FetchInputsAndOutputs);
                before = instance.Sequence;
            }
        }
        while (page.Count == PageSize);
    }

    public override Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var purged = store.Purge(instanceId);
        signals.Ended(instanceId);
        return Task.FromResult(purged);
    }

    public override Task<IReadOnlyList<HistoryEvent>> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(store.History(instanceId));
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
