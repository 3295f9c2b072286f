using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    [Fact]
    public virtual async Task CreateTimer_CrashMeanwhile_FiresWhenDueAndNotBefore()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            var start = context.CurrentUtcDateTime;
            await context.CreateTimer(10 * Tick, CancellationToken.None);
            return context.CurrentUtcDateTime - start;
        }));

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(4 * Tick);
        await engine.CrashAsync();
        await engine.AdvanceAsync(5 * Tick);
        await engine.AdvanceAsync(Tick);

        Assert.True(await engine.OutputAsync<TimeSpan>(id) >= 10 * Tick);
    }

    [Fact]
    public virtual async Task CreateTimer_Cancelled_ThrowsAndItsTimePassesUnnoticed()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            using var end = new CancellationTokenSource();
            var timer = context.CreateTimer(8 * Tick, end.Token);
            await context.WaitForExternalEvent<string>("cancel");
            Cancel(end);
            var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => timer);
            await context.WaitForExternalEvent<string>("finish");
            return thrown is not null;
        }));

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.RaiseAsync(id, "cancel");
        await engine.AdvanceAsync(9 * Tick);
        await engine.RaiseAsync(id, "finish");

        Assert.True(await engine.OutputAsync<bool>(id));
    }

    [Fact]
    public virtual async Task CreateTimer_CancelledAndFarAway_DoesNotKeepTheInstanceAlive()
    {
        await using var engine = await StartEngineAsync(Flow(async context =>
        {
            using var end = new CancellationTokenSource();
            var timer = context.CreateTimer(TimeSpan.FromDays(365), end.Token);
            var answer = await context.WaitForExternalEvent<string>("answer");
            Cancel(end);
            return answer;
        }));

        var id = await engine.StartFlowAsync();
        await engine.RaiseAsync(id, "answer", "yes");

        Assert.Equal("yes", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task StartAt_InTheFuture_IsPendingUntilThen()
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(1)));

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(StartAt: engine.Now + (2 * Tick)));
        await engine.AdvanceAsync(Tick);
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await engine.GetAsync(id)).RuntimeStatus);
        await engine.AdvanceAsync(Tick);

        Assert.Equal(1, await engine.OutputAsync<int>(id));
    }

    [Fact]
    public virtual async Task StartAt_TerminatedBefore_NeverRuns()
    {
        var runs = 0;
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(++runs)));

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(StartAt: engine.Now + (2 * Tick)));
        await engine.Client.TerminateInstanceAsync(id, "no");
        await engine.AdvanceAsync(4 * Tick);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await engine.EndAsync(id)).RuntimeStatus);
        Assert.Equal(0, runs);
    }

    // Not CancelAsync: an orchestrator may not hand its callbacks to the thread pool.
    private static void Cancel(CancellationTokenSource source) => source.Cancel();
}
