using FineTune.Core.Storage;
using FineTune.LocalHost.Durable;
using FineTune.LocalHost.Queues;
using FineTune.Workflows;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.Testing.Faults;

/// <summary>
/// One life of the host: the real workflow on the real embedded engine. It can die at every commit of the engine (hence at every
/// <c>await</c> of an orchestrator), at every change an activity makes to storage, and between them.
/// </summary>
public sealed class DoomedHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ServiceProvider services;
    private readonly QueuePump results;

    /// <param name="folder">Holds the engine's store, which outlives the host.</param>
    public DoomedHost(IBlobStore blobs, IMessageQueues queues, TimeProvider clock, string folder, FaultPlan plan)
    {
        Process = new DoomedProcess("host", plan);
        var engine = new DurableEngineOptions(Path.Combine(folder, "durable.db"), DefaultVersion: Workflow.Version)
        {
            FlushesEveryCommit = false,
            OnCommit = stage => Process.Pass("commit", after: stage == CommitStage.AfterCommit),
        };
        services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(clock)
            .AddSingleton<IBlobStore>(new DoomedBlobStore(blobs, Process))
            .AddSingleton<IMessageQueues>(new DoomedQueues(queues, Process))
            .AddFineTuneWorkflows(new WorkflowOptions { Placement = new("eastus2"), WorkDirectory = Path.Combine(folder, Guid.NewGuid().ToString("N")) })
            .AddSingleton(Workflow.CreateRegistry())
            .AddDurableEngine(engine)
            .BuildServiceProvider();
        results = new QueuePump(
            Core.Storage.Queues.EpochResults,
            Get<IMessageQueues>(),
            (body, cancellation) => EpochResultHandler.HandleAsync(body, Client, cancellation),
            TimeSpan.FromSeconds(1),
            NullLogger.Instance);
    }

    public DoomedProcess Process { get; }

    public DurableTaskClient Client => Get<DurableTaskClient>();

    public RunService Runs => Get<RunService>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public Task StartAsync() => Get<DurableWorker>().StartAsync(CancellationToken.None);

    /// <summary>Until nothing is left to do but wait for time, events or the trainer, or until death.</summary>
    public async Task SettleAsync() => await Task.WhenAny(Get<EngineSignals>().WhenIdleAsync(), Process.Death).WaitAsync(Patience);

    /// <summary>Brings in the results that wait, unless it dies over it.</summary>
    public async Task PumpAsync()
    {
        try
        {
            await results.DrainAsync(CancellationToken.None);
            await SettleAsync();
        }
        catch (ProcessKilledException)
        {
            // Seen by its Death.
        }
    }

    public async ValueTask DisposeAsync()
    {
        results.Dispose();
        await services.DisposeAsync();
    }
}
