using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    private static DurableTaskRegistry Collecting => Flow(async context =>
        await context.WaitForExternalEvent<string>("a") + await context.CallActivityAsync<string>("Echo", "b"))
        .AddActivity<string, string>("Echo", (_, text) => Task.FromResult(text));

    [Fact]
    public async Task Suspend_EventsAndCrashMeanwhile_ProgressesOnlyAfterResume()
    {
        await using var engine = await StartEngineAsync(Collecting);

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.Client.SuspendInstanceAsync(id, "wait");
        await engine.RaiseAsync(id, "a", "a");
        await engine.SettleAsync();
        await engine.CrashAsync();
        await engine.SettleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await engine.GetAsync(id)).RuntimeStatus);
        Assert.DoesNotContain(await engine.Client.GetOrchestrationHistoryAsync(id), e => e.EventType == HistoryEventType.TaskScheduled);
        await engine.Client.ResumeInstanceAsync(id);

        Assert.Equal("ab", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public async Task Suspend_BeforeTheFirstTurn_HoldsBackTheStart()
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(1)));

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(StartAt: engine.Now.AddHours(1)));
        await engine.Client.SuspendInstanceAsync(id);
        await engine.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await engine.GetAsync(id)).RuntimeStatus);
        await engine.Client.ResumeInstanceAsync(id);

        Assert.Equal(1, await engine.OutputAsync<int>(id));
    }

    [Fact]
    public async Task Terminate_WhileSuspended_EndsWithTheOutput()
    {
        await using var engine = await StartEngineAsync(Collecting);

        var id = await engine.StartFlowAsync();
        await engine.Client.SuspendInstanceAsync(id);
        await engine.SettleAsync();
        await engine.Client.TerminateInstanceAsync(id, "enough");
        var end = await engine.EndAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, end.RuntimeStatus);
        Assert.Equal("enough", end.ReadOutputAs<string>());
        Assert.Contains(await engine.Client.GetOrchestrationHistoryAsync(id), e => e.EventType == HistoryEventType.ExecutionTerminated);
    }

    [Fact]
    public async Task Start_IdOfALiveInstance_Throws()
    {
        await using var engine = await StartEngineAsync(Collecting);
        var id = await engine.StartFlowAsync(id: "one");

        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => engine.StartFlowAsync(id: id));
    }

    [Fact]
    public async Task Start_IdOfAnEndedInstance_ReplacesIt()
    {
        await using var engine = await StartEngineAsync(Flow(context => Task.FromResult(context.GetInput<int>())));

        await engine.EndAsync(await engine.StartFlowAsync(1, "one"));
        var id = await engine.StartFlowAsync(2, "one");

        Assert.Equal(2, await engine.OutputAsync<int>(id));
        Assert.Single(await engine.ListAsync());
        Assert.Single(await engine.Client.GetOrchestrationHistoryAsync(id), e => e.EventType == HistoryEventType.ExecutionStarted);
    }

    [Fact]
    public async Task Purge_OnlyEndedInstances_AreForgotten()
    {
        await using var engine = await StartEngineAsync(Collecting);
        var id = await engine.StartFlowAsync();

        Assert.False(await engine.Client.PurgeInstanceAsync(id));
        await engine.Client.TerminateInstanceAsync(id);
        await engine.EndAsync(id);
        Assert.True(await engine.Client.PurgeInstanceAsync(id));

        Assert.Null(await engine.Client.GetInstanceAsync(id));
        Assert.Empty(await engine.Client.GetOrchestrationHistoryAsync(id));
        Assert.False(await engine.Client.PurgeInstanceAsync(id));
    }

    [Fact]
    public async Task Query_Filters_SelectNewestFirst()
    {
        await using var engine = await StartEngineAsync(Collecting);
        var start = engine.Now;
        foreach (var name in (string[])["run-a", "run-b", "job-c", "run-d"])
        {
            await engine.StartFlowAsync(name, name);
            await engine.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        await engine.Client.TerminateInstanceAsync("run-b");
        await engine.EndAsync("run-b");

        Assert.Equal(["run-d", "job-c", "run-b", "run-a"], await Ids(new()));
        Assert.Equal(["run-d", "run-b", "run-a"], await Ids(new(InstanceIdPrefix: "run-")));
        Assert.Equal(["run-b"], await Ids(new(Statuses: [OrchestrationRuntimeStatus.Terminated, OrchestrationRuntimeStatus.Failed])));
        Assert.Equal(["job-c", "run-b"], await Ids(new(start.AddMinutes(1), start.AddMinutes(2))));
        Assert.Equal(["\"run-d\""], (await engine.ListAsync(new(InstanceIdPrefix: "run-d", FetchInputsAndOutputs: true))).Select(i => i.SerializedInput));
        Assert.All(await engine.ListAsync(), instance => Assert.Null(instance.SerializedInput));

        async Task<IEnumerable<string>> Ids(OrchestrationQuery query) => (await engine.ListAsync(query)).Select(i => i.InstanceId);
    }

    [Fact]
    public async Task Query_MoreThanAPage_IsComplete()
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(0)));
        for (var i = 0; i < 205; i++)
        {
            await engine.StartFlowAsync(id: Text(i));
        }

        Assert.Equal(Enumerable.Range(0, 205).Reverse().Select(Text), (await engine.ListAsync()).Select(i => i.InstanceId));
    }

    [Fact]
    public async Task WaitForCompletion_UnknownInstance_Throws()
    {
        await using var engine = await StartEngineAsync(Collecting);

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.EndAsync("nobody"));
    }

    [Fact]
    public async Task History_OfARun_NamesItsEventsInOrder()
    {
        await using var engine = await StartEngineAsync(Collecting);

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.RaiseAsync(id, "a", "a");
        await engine.EndAsync(id);

        Assert.Equal(
            [
                HistoryEventType.OrchestratorStarted, HistoryEventType.ExecutionStarted, HistoryEventType.OrchestratorStarted,
                HistoryEventType.EventRaised, HistoryEventType.TaskScheduled, HistoryEventType.OrchestratorStarted,
                HistoryEventType.TaskCompleted, HistoryEventType.ExecutionCompleted,
            ],
            (await engine.Client.GetOrchestrationHistoryAsync(id)).Select(e => e.EventType));
    }
}
