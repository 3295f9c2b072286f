using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public virtual async Task Restart_NewId_LeavesTheOldInstanceAlone()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.WaitForExternalEvent<string>("e")));
        await engine.StartAsync("Flow", new[] { 1, 2 }, new StartOrchestrationOptions("old", Version: "1.2"));

        var id = await engine.Client.RestartAsync("old", restartWithNewInstanceId: true);
        await engine.RaiseAsync(id, "e", "new");

        Assert.NotEqual("old", id);
        Assert.Equal("new", await engine.OutputAsync<string>(id));
        var (old, restarted) = (await engine.GetAsync("old"), await engine.GetAsync(id));
        Assert.Equal((old.Name, old.SerializedInput, "1.2"), (restarted.Name, restarted.SerializedInput, restarted.Version));
        Assert.Equal(OrchestrationRuntimeStatus.Running, old.RuntimeStatus);
    }

    [Fact]
    public virtual async Task Restart_SameId_BeginsAgainWithFreshHistory()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
            context.GetInput<string>() + await context.WaitForExternalEvent<string>("e")));
        await engine.StartFlowAsync("in ", "one");
        await engine.RaiseAsync("one", "e", "first");
        Assert.Equal("in first", await engine.OutputAsync<string>("one"));

        Assert.Equal("one", await engine.Client.RestartAsync("one"));
        await engine.SettleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await engine.GetAsync("one")).RuntimeStatus);
        Assert.DoesNotContain(await engine.Client.GetOrchestrationHistoryAsync("one"), e => e.EventType == HistoryEventType.EventRaised);
        await engine.RaiseAsync("one", "e", "second");

        Assert.Equal("in second", await engine.OutputAsync<string>("one"));
    }

    [Fact]
    public virtual async Task Restart_SameIdOfALiveInstance_Throws()
    {
        await using var engine = await StartEngineAsync(Collecting);
        await engine.StartFlowAsync(id: "one");

        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => engine.Client.RestartAsync("one"));
    }

    [Fact]
    public virtual async Task Restart_UnknownInstance_Throws()
    {
        await using var engine = await StartEngineAsync(Collecting);

        await Assert.ThrowsAsync<ArgumentException>(() => engine.Client.RestartAsync("nobody", restartWithNewInstanceId: true));
    }

    [Fact]
    public virtual async Task Version_DefaultRaisedWhileItRuns_StaysTheInstancesOwn()
    {
        var registry = Flow(async context =>
        {
            await context.WaitForExternalEvent<string>("go");
            return $"{context.Version} child {await context.CallSubOrchestratorAsync<string>("Child")}";
        }).AddOrchestrator<string?, string>("Child", (context, _) => Task.FromResult(context.Version));
        await using var engine = await StartEngineAsync(registry, defaultVersion: "1.0");

        var old = await engine.StartFlowAsync();
        var pinned = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(Version: "0.9"));
        await engine.SettleAsync();
        await engine.DeployAsync("2.0");
        var young = await engine.StartFlowAsync();
        foreach (var id in (string[])[old, pinned, young])
        {
            await engine.RaiseAsync(id, "go");
        }

        // Children are started by today's worker, so they get its version.
        Assert.Equal("1.0 child 2.0", await engine.OutputAsync<string>(old));
        Assert.Equal("0.9 child 2.0", await engine.OutputAsync<string>(pinned));
        Assert.Equal("2.0 child 2.0", await engine.OutputAsync<string>(young));
    }

    [Fact]
    public virtual async Task Payload_OfAMegabyte_PassesEveryBoundaryWhole()
    {
        var registry = Flow(async context =>
        {
            var text = await context.CallActivityAsync<string>("Echo", context.GetInput<string>());
            text = await context.CallSubOrchestratorAsync<string>("Child", text);
            return text + await context.WaitForExternalEvent<string>("more");
        })
            .AddOrchestrator<string, string>("Child", (_, text) => Task.FromResult(text))
            .AddActivity<string, string>("Echo", (_, text) => Task.FromResult(text));
        await using var engine = await StartEngineAsync(registry);
        var (first, second) = (new string('a', Megabyte), new string('b', Megabyte));

        var id = await engine.StartFlowAsync(first);
        await engine.SettleAsync();
        await engine.CrashAsync();
        await engine.RaiseAsync(id, "more", second);

        Assert.Equal(first + second, await engine.OutputAsync<string>(id));
        Assert.Equal(first, (await engine.GetAsync(id)).ReadInputAs<string>());
    }
}
