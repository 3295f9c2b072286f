using FineTune.Workflows.Durable;

namespace FineTune.Testing.Durable;

/// <summary>A running engine. Its clock may be the test's own or the machine's.</summary>
public abstract class DurableEngineUnderTest : IAsyncDisposable
{
    /// <summary>A broken engine makes its test fail, not hang.</summary>
    protected virtual TimeSpan Patience => TimeSpan.FromSeconds(30);

    public abstract DurableTaskClient Client { get; }

    public abstract DateTimeOffset Now { get; }

    /// <summary>Completes when nothing is left to do but wait for time, events or activities of the test's own.</summary>
    public abstract Task SettleAsync();

    /// <summary>Lets <paramref name="time"/> pass and what is due happen.</summary>
    public abstract Task AdvanceAsync(TimeSpan time);

    /// <summary>Kills the engine and starts another one on what was durable.</summary>
    public abstract Task CrashAsync();

    /// <summary>Stops the engine and starts it with another default version.</summary>
    public abstract Task DeployAsync(string defaultVersion);

    public abstract ValueTask DisposeAsync();

    /// <summary>Starts the orchestrator <c>Flow</c>.</summary>
    public Task<string> StartFlowAsync(object? input = null, string? id = null) => StartAsync("Flow", input, new StartOrchestrationOptions(id));

    public Task<string> StartAsync(string name, object? input = null, StartOrchestrationOptions? options = null) =>
        Client.ScheduleNewOrchestrationInstanceAsync(name, input, options);

    public Task RaiseAsync(string id, string name, object? payload = null) => Client.RaiseEventAsync(id, name, payload);

    public async Task<OrchestrationMetadata> GetAsync(string id) => await Client.GetInstanceAsync(id, getInputsAndOutputs: true)
        ?? throw new InvalidOperationException($"No instance '{id}'.");

    public Task<OrchestrationMetadata> EndAsync(string id) =>
        Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true).WaitAsync(Patience);

    /// <summary>Output of an instance that must complete.</summary>
    public async Task<T?> OutputAsync<T>(string id)
    {
        var end = await EndAsync(id);
        return end.RuntimeStatus == OrchestrationRuntimeStatus.Completed
            ? end.ReadOutputAs<T>()
            : throw new InvalidOperationException($"Instance '{id}' ended as {end.RuntimeStatus}: {end.FailureDetails}");
    }

    public async Task<List<OrchestrationMetadata>> ListAsync(OrchestrationQuery? filter = null)
    {
        var instances = new List<OrchestrationMetadata>();
        await foreach (var instance in Client.GetAllInstancesAsync(filter))
        {
            instances.Add(instance);
        }

        return instances;
    }
}
