using FineTune.LocalHost.Durable;
using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.LocalHost.Tests.Durable;

public sealed class DurableWorkerTests
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource gate = new();
    private int runs;

    [Fact]
    public async Task Stop_ActivityRunning_WaitsForItAndKeepsItsResult()
    {
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Gated());
        var id = await engine.StartFlowAsync();
        await reached.Task;

        var stop = engine.StopAsync(CancellationToken.None);
        Assert.False(stop.IsCompleted);
        gate.SetResult();
        await stop;
        await engine.CrashAsync();

        Assert.Equal(1, await engine.OutputAsync<int>(id));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Stop_PatienceEnds_ActivityRunsAgainAtTheNextStart()
    {
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Gated());
        var id = await engine.StartFlowAsync();
        await reached.Task;

        await engine.StopAsync(new CancellationToken(canceled: true));
        await engine.CrashAsync();
        gate.SetResult();

        await engine.EndAsync(id);
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Stop_ActivityFailsWhileStopping_RunsAgainAtTheNextStart()
    {
        var first = new TaskCompletionSource();
        var registry = new DurableTaskRegistry()
            .AddOrchestrator<object?, int>("Flow", (context, _) => context.CallActivityAsync<int>("Wait"))
            .AddActivity<object?, int>("Wait", async (_, _) =>
            {
                reached.TrySetResult();
                await first.Task;
                return Interlocked.Increment(ref runs) == 1 ? throw new ObjectDisposedException("what it needs") : runs;
            });
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(registry);
        var id = await engine.StartFlowAsync();
        await reached.Task;

        var stop = engine.StopAsync(CancellationToken.None);
        first.SetResult();
        await stop;
        await engine.CrashAsync();

        Assert.Equal(2, await engine.OutputAsync<int>(id));
    }

    [Fact]
    public async Task Settle_AskedByMany_TellsEach()
    {
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Gated());

        await Task.WhenAll(Enumerable.Range(0, 20_000).Select(_ => Task.Run(engine.SettleAsync)));
    }

    [Fact]
    public async Task Activity_Services_AreAScopeOfItsOwn()
    {
        var scopes = new HashSet<object>();
        var registry = new DurableTaskRegistry()
            .AddOrchestrator<object?, int>("Flow", async (context, _) =>
                await context.CallActivityAsync<int>("Look") + await context.CallActivityAsync<int>("Look"))
            .AddActivity<object?, int>("Look", (services, _) =>
            {
                scopes.Add(services.GetRequiredService<ScopedService>());
                return Task.FromResult(scopes.Count);
            });
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(registry);

        Assert.Equal(3, await engine.OutputAsync<int>(await engine.StartFlowAsync()));
    }

    [Fact]
    public async Task Open_StoreOfALiveEngine_SaysItIsInUse()
    {
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Gated());

        var refused = Assert.Throws<InvalidOperationException>(() => new DurableStore(engine.Options, TimeProvider.System));

        Assert.Contains("is in use by another process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ended_Instances_LeaveNothingInTheQueues()
    {
        var registry = new DurableTaskRegistry().AddOrchestrator<object?, int>("Flow", async (context, _) =>
        {
            _ = context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return await context.WaitForExternalEvent<int>("e");
        });
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(registry);
        var id = await engine.StartFlowAsync();
        await engine.RaiseAsync(id, "e", 1);
        await engine.RaiseAsync(id, "e", 2);
        await engine.EndAsync(id);

        Assert.Null(engine.Get<DurableStore>().NextDue());
    }

    private DurableTaskRegistry Gated() => new DurableTaskRegistry()
        .AddOrchestrator<object?, int>("Flow", (context, _) => context.CallActivityAsync<int>("Wait"))
        .AddActivity<object?, int>("Wait", async (_, _) =>
        {
            var run = Interlocked.Increment(ref runs);
            reached.TrySetResult();
            await gate.Task;
            return run;
        });
}
