using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    [Fact]
    public virtual async Task Orchestrator_Throws_FailsWithDetails()
    {
        await using var engine = await StartEngineAsync(Flow<string>(_ => throw new FormatException("bad")));

        var end = await engine.EndAsync(await engine.StartFlowAsync());

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal("bad", end.FailureDetails!.ErrorMessage);
        Assert.True(end.FailureDetails.IsCausedBy<FormatException>());
        Assert.Null(end.SerializedOutput);
    }

    [Fact]
    public virtual async Task Orchestrator_UnknownName_Fails()
    {
        await using var engine = await StartEngineAsync(new DurableTaskRegistry());

        var end = await engine.EndAsync(await engine.StartAsync("Nobody"));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("Nobody", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task Orchestrator_Replayed_SeesTheSameTimeGuidAndReplayingFlag()
    {
        var seen = new List<(DateTime Time, Guid Guid, bool Replaying)>();
        var registry = Flow(async context =>
        {
            seen.Add((context.CurrentUtcDateTime, context.NewGuid(), context.IsReplaying));
            await context.CreateTimer(2 * Tick, CancellationToken.None);
            return context.CurrentUtcDateTime - seen[0].Time;
        });
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(2 * Tick);

        Assert.True(await engine.OutputAsync<TimeSpan>(id) >= 2 * Tick);
        Assert.Equal([false, true], seen.Select(s => s.Replaying));
        Assert.Single(seen.Select(s => (s.Time, s.Guid)).Distinct());
    }

    [Fact]
    public virtual async Task Orchestrator_SetsCustomStatus_ClientsSeeItWhileItRuns()
    {
        var registry = Flow(async context =>
        {
            context.SetCustomStatus(new { step = "waiting" });
            return await context.WaitForExternalEvent<int>("go");
        });
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        var running = await engine.GetAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Running, running.RuntimeStatus);
        Assert.Equal("""{"step":"waiting"}""", running.SerializedCustomStatus);
    }

    [Fact]
    public virtual async Task Orchestrator_CustomStatusAbove16KB_Fails()
    {
        await using var engine = await StartEngineAsync(Flow(context =>
        {
            context.SetCustomStatus(new string('x', 8192));
            return Task.FromResult(0);
        }));

        var end = await engine.EndAsync(await engine.StartFlowAsync());

        Assert.True(end.FailureDetails!.IsCausedBy<ArgumentException>());
    }

    [Fact]
    public virtual async Task Orchestrator_VersionGivenAtStart_IsReadByEveryTurn()
    {
        var registry = Flow(async context => context.Version + await context.CallActivityAsync<string>("Nothing") + context.Version)
            .AddActivity<string?, string>("Nothing", (_, _) => Task.FromResult("-"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(Version: "1.2"));

        Assert.Equal("1.2-1.2", await engine.OutputAsync<string>(id));
    }

    [Fact]
    public virtual async Task GetInstance_VersionGivenAtStart_IsTold()
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(0)));

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(Version: "1.2"));

        Assert.Equal("1.2", (await engine.EndAsync(id)).Version);
    }

    [Fact]
    public virtual async Task ContinueAsNew_SeveralTimes_KeepsIdAndStartsHistoryAgain()
    {
        var registry = Flow(async context =>
        {
            var generation = context.GetInput<int>();
            await context.CallActivityAsync<string>("Nothing");
            if (generation < 4)
            {
                context.ContinueAsNew(generation + 1);
            }

            return generation;
        }).AddActivity<string?, string>("Nothing", (_, _) => Task.FromResult("-"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync(0);

        Assert.Equal(4, await engine.OutputAsync<int>(id));
        var history = await engine.Client.GetOrchestrationHistoryAsync(id);
        Assert.Single(history, e => e.EventType == HistoryEventType.TaskCompleted);
    }

    [Fact]
    public virtual async Task ContinueAsNew_CustomStatus_IsKept()
    {
        await using var engine = await StartEngineAsync(Flow(context =>
        {
            if (context.GetInput<bool>())
            {
                context.SetCustomStatus("first");
                context.ContinueAsNew(false);
            }

            return Task.FromResult(0);
        }));

        Assert.Equal("first", (await engine.EndAsync(await engine.StartFlowAsync(true))).ReadCustomStatusAs<string>());
    }

    [Fact]
    public virtual async Task ContinueAsNew_EventsNobodyTook_AreCarriedInOrder() => Assert.Equal("abc", await LettersAsync(preserve: true));

    [Fact]
    public virtual async Task ContinueAsNew_EventsNotPreserved_AreDropped() => Assert.Equal("c", await LettersAsync(preserve: false));

    /// <summary>The letters taken by the second generation, of which the first two came in the first one.</summary>
    private async Task<string?> LettersAsync(bool preserve)
    {
        var registry = Flow(async context =>
        {
            if (context.GetInput<bool>())
            {
                await context.WaitForExternalEvent<string>("again");
                context.ContinueAsNew(false, preserve);
                return "";
            }

            var text = "";
            while (!text.EndsWith('c'))
            {
                text += await context.WaitForExternalEvent<string>("letter");
            }

            return text;
        });
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync(true);
        await engine.RaiseAsync(id, "letter", "a");
        await engine.RaiseAsync(id, "letter", "b");
        await engine.RaiseAsync(id, "again", "x");
        await engine.SettleAsync();
        await engine.RaiseAsync(id, "letter", "c");

        return await engine.OutputAsync<string>(id);
    }

    [Fact]
    public virtual async Task ContinueAsNew_ActivityOfTheLastGenerationEnds_ItsResultIsNotTakenForANewOne()
    {
        var held = new TaskCompletionSource<string>();
        var registry = Flow(async context =>
        {
            var old = context.GetInput<bool>();
            var task = context.CallActivityAsync<string>("Hold", old);
            if (!old)
            {
                return await task;
            }

            await context.WaitForExternalEvent<string>("again");
            context.ContinueAsNew(false);
            return "";
        }).AddActivity<bool, string>("Hold", (_, old) => old ? held.Task : Task.FromResult("new"));

        // One at a time: the new activity starts when the old one's result has been stored.
        await using var engine = await StartEngineAsync(registry, maxConcurrentActivities: 1);

        var id = await engine.StartFlowAsync(true);
        await engine.RaiseAsync(id, "again");
        held.SetResult("old");

        Assert.Equal("new", await engine.OutputAsync<string>(id));
    }
}
