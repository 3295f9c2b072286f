using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    [Fact]
    public virtual async Task ExternalEvent_RaisedBeforeTheWaitAndBeforeACrash_IsBuffered()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            await context.CreateTimer(2 * Tick, CancellationToken.None);
            return await context.WaitForExternalEvent<string>("Answer");
        }));

        var id = await engine.StartFlowAsync();
        await engine.RaiseAsync(id, "aNSWER", "early");
        await engine.SettleAsync();
        await engine.CrashAsync();
        await engine.AdvanceAsync(2 * Tick);

        Assert.Equal("early", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_RaisedBeforeAScheduledStart_IsBuffered()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.WaitForExternalEvent<string>("answer")));

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(StartAt: engine.Now + (2 * Tick)));
        await engine.RaiseAsync(id, "answer", "early");
        await engine.AdvanceAsync(2 * Tick);

        Assert.Equal("early", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_TwoWaiters_NewestIsServedFirst()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            var older = context.WaitForExternalEvent<string>("e");
            var newer = context.WaitForExternalEvent<string>("e");
            return await newer + await older;
        }));

        var id = await engine.StartFlowAsync();
        await engine.RaiseAsync(id, "e", "1");
        await engine.RaiseAsync(id, "e", "2");

        Assert.Equal("12", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_CancelledWaiter_DoesNotSwallowIt()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            var first = context.WaitForExternalEvent<string>("e");
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEvent<string>("e", Tick));
            return await first;
        }));

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(Tick);
        await engine.RaiseAsync(id, "e", "kept");

        Assert.Equal("kept", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_InTime_BeatsTheTimeout()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.WaitForExternalEvent<string>("e", TimeSpan.FromDays(1))));

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.RaiseAsync(id, "e", "in time");

        Assert.Equal("in time", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_OlderThanTheTimerThoughBothWait_Wins()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            await context.WaitForExternalEvent<string>("start");
            return await context.WaitForExternalEvent<string>("e", TimeSpan.FromMinutes(1));
        }));

        var id = await engine.StartFlowAsync();
        await engine.RaiseAsync(id, "e", "early");
        await engine.RaiseAsync(id, "e", "duplicate");
        await engine.RaiseAsync(id, "start");

        Assert.Equal("early", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_UnknownOrEndedInstance_IsDropped()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.GetInput<bool>()
            ? context.WaitForExternalEvent<string>("e")
            : Task.FromResult("ended")));

        await engine.RaiseAsync("later", "e", "lost");
        var id = await engine.StartFlowAsync(false, "later");
        await engine.EndAsync(id);
        await engine.RaiseAsync("later", "e", "lost too");
        await engine.StartFlowAsync(true, "later");
        await engine.SettleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await engine.GetAsync(id)).RuntimeStatus);
        await engine.RaiseAsync("later", "e", "taken");

        Assert.Equal("taken", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task ExternalEvent_PayloadOfAnotherType_FailsTheOrchestrator()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.WaitForExternalEvent<int>("e")));

        var id = await engine.StartFlowAsync();
        await engine.RaiseAsync(id, "e", "not a number");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await engine.EndAsync(id)).RuntimeStatus);
    }

    [Fact]
    public virtual async Task SendEvent_BetweenOrchestrations_ArrivesOnce()
    {
        var registry = Flow(async context => await context.WaitForExternalEvent<int>("e") + await context.WaitForExternalEvent<int>("e"))
            .AddOrchestrator<string, int>("Sender", async (context, receiver) =>
            {
                context.SendEvent("nobody", "e", 5);
                context.SendEvent(receiver, "e", 1);
                await context.CallActivityAsync<string>("Nothing");
                context.SendEvent(receiver, "E", 2);
                return 0;
            })
            .AddActivity<string?, string>("Nothing", (_, _) => Task.FromResult("-"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.OutputAsync<int>(await engine.StartAsync("Sender", id));

        Assert.Equal(3, await engine.OutputAsync<int>(id));
    }
}
