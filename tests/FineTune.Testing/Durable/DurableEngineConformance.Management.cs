using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    private static DurableTaskRegistry Collecting => Flow(async context =>
        await context.WaitForExternalEvent<string>("a") + await context.CallActivityAsync<string>("Echo", "b"))
        .AddActivity<string, string>("Echo", (_, text) => Task.FromResult(text));

    [Fact]
    public virtual async Task Suspend_EventsAndCrashMeanwhile_ProgressesOnlyAfterResume()
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
    public virtual async Task Suspend_BeforeTheFirstTurn_HoldsBackTheStart()
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(1)));

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(StartAt: engine.Now + (2 * Tick)));
        await engine.Client.SuspendInstanceAsync(id);
        await engine.AdvanceAsync(2 * Tick);
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await engine.GetAsync(id)).RuntimeStatus);
        await engine.Client.ResumeInstanceAsync(id);

        Assert.Equal(1, await engine.OutputAsync<int>(id));
    }

    [Fact]
    public virtual async Task Terminate_WhileSuspended_EndsWithTheOutput()
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
    public virtual async Task Suspend_TwiceAndResumeTwice_AreOne()
    {
        await using var engine = await StartEngineAsync(Collecting);

        var id = await engine.StartFlowAsync();
        await engine.Client.ResumeInstanceAsync(id);
        await engine.SettleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await engine.GetAsync(id)).RuntimeStatus);
        await engine.Client.SuspendInstanceAsync(id);
        await engine.Client.SuspendInstanceAsync(id);
        await engine.SettleAsync();
        await engine.Client.ResumeInstanceAsync(id);
        await engine.Client.ResumeInstanceAsync(id);
        await engine.RaiseAsync(id, "a", "a");

        Assert.Equal("ab", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task Suspend_ActivityAndTimerEndMeanwhile_AreSeenAfterResumeInOrder()
    {
        var due = 50 * Tick;
        var held = new TaskCompletionSource<string>();
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            var activity = context.CallActivityAsync<string>("Hold");
            var timer = context.CreateTimer(due, CancellationToken.None);
            var first = await Task.WhenAny(activity, timer) == activity ? "activity" : "timer";
            await timer;
            return first + " " + await activity;
        }).AddActivity<string?, string>("Hold", (_, _) => held.Task));

        // Where the clock is the machine's, a busy one may not end the activity before the timer is due: then once more.
        string? output;
        bool activityWasFirst;
        do
        {
            held = new TaskCompletionSource<string>();
            var began = engine.Now;
            var id = await engine.StartFlowAsync();
            await engine.Client.SuspendInstanceAsync(id);
            held.SetResult("done");
            await engine.SettleAsync();
            activityWasFirst = engine.Now - began < due;
            await engine.AdvanceAsync(due);
            Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await engine.GetAsync(id)).RuntimeStatus);
            await engine.Client.ResumeInstanceAsync(id);
            output = await engine.OutputAsync<string>(id);
        }
        while (!activityWasFirst);

        Assert.Equal("activity done", output);
    }

    [Fact]
    public virtual async Task Terminate_Again_ChangesNothing()
    {
        await using var engine = await StartEngineAsync(Collecting);

        var id = await engine.StartFlowAsync();
        await engine.Client.TerminateInstanceAsync(id, "first");
        await engine.EndAsync(id);
        await engine.Client.TerminateInstanceAsync(id, "second");
        await engine.SettleAsync();

        Assert.Equal("first", (await engine.GetAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public virtual async Task Start_SameIdManyTimesAtOnce_IsOneInstance()
    {
        var runs = 0;
        await using var engine = await StartEngineAsync(Flow(context =>
        {
            Interlocked.Increment(ref runs);
            return context.WaitForExternalEvent<string>("a");
        }));

        var starts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                await engine.StartFlowAsync(id: "one");
                return true;
            }
            catch (OrchestrationAlreadyExistsException)
            {
                return false;
            }
        })));
        await engine.SettleAsync();

        Assert.Single(starts, started => started);
        Assert.Equal(1, runs);
    }

    [Fact]
    public virtual async Task Start_IdOfALiveInstance_Throws()
    {
        await using var engine = await StartEngineAsync(Collecting);
        var id = await engine.StartFlowAsync(id: "one");

        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(() => engine.StartFlowAsync(id: id));
    }

    [Fact]
    public virtual async Task Start_IdOfAnEndedInstance_ReplacesIt()
    {
        await using var engine = await StartEngineAsync(Flow(context => Task.FromResult(context.GetInput<int>())));

        await engine.EndAsync(await engine.StartFlowAsync(1, "one"));
        var id = await engine.StartFlowAsync(2, "one");

        Assert.Equal(2, await engine.OutputAsync<int>(id));
        Assert.Single(await engine.ListAsync());
        Assert.Single(await engine.Client.GetOrchestrationHistoryAsync(id), e => e.EventType == HistoryEventType.ExecutionStarted);
    }

    [Fact]
    public virtual async Task WaitForCompletion_UnknownInstance_Throws()
    {
        await using var engine = await StartEngineAsync(Collecting);

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.EndAsync("nobody"));
    }

    [Fact]
    public virtual async Task History_OfARun_NamesItsEventsInOrder()
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
