using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    [Fact]
    public async Task Orchestrator_Throws_FailsWithDetails()
    {
        await using var engine = await StartEngineAsync(Flow<string>(_ => throw new FormatException("bad")));

        var end = await engine.EndAsync(await engine.StartFlowAsync());

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal("bad", end.FailureDetails!.ErrorMessage);
        Assert.True(end.FailureDetails.IsCausedBy<FormatException>());
        Assert.Null(end.SerializedOutput);
    }

    [Fact]
    public async Task Orchestrator_UnknownName_Fails()
    {
        await using var engine = await StartEngineAsync(new DurableTaskRegistry());

        var end = await engine.EndAsync(await engine.StartAsync("Nobody"));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("Nobody", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orchestrator_Replayed_SeesTheSameTimeGuidAndReplayingFlag()
    {
        var seen = new List<(DateTime Time, Guid Guid, bool Replaying)>();
        var registry = Flow(async context =>
        {
            seen.Add((context.CurrentUtcDateTime, context.NewGuid(), context.IsReplaying));
            await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            return context.CurrentUtcDateTime;
        });
        await using var engine = await StartEngineAsync(registry);
        var start = engine.Now;

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(TimeSpan.FromHours(1));

        Assert.Equal(start.UtcDateTime.AddHours(1), await engine.OutputAsync<DateTime>(id));
        Assert.Equal([false, true], seen.Select(s => s.Replaying));
        Assert.Single(seen.Select(s => (s.Time, s.Guid)).Distinct());
    }

    [Fact]
    public async Task Orchestrator_SetsCustomStatus_ClientsSeeItWhileItRuns()
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
    public async Task Orchestrator_CustomStatusAbove16KB_Fails()
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
    public async Task Orchestrator_VersionGivenAtStart_IsReadByEveryTurn()
    {
        var registry = Flow(async context => context.Version + await context.CallActivityAsync<string>("Nothing") + context.Version)
            .AddActivity<string?, string>("Nothing", (_, _) => Task.FromResult("-"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartAsync("Flow", options: new StartOrchestrationOptions(Version: "1.2"));

        Assert.Equal("1.2-1.2", await engine.OutputAsync<string>(id));
        Assert.Equal("1.2", (await engine.GetAsync(id)).Version);
    }

    [Fact]
    public async Task ContinueAsNew_SeveralTimes_KeepsIdAndCustomStatusAndStartsHistoryAgain()
    {
        var registry = Flow(async context =>
        {
            var generation = context.GetInput<int>();
            await context.CallActivityAsync<string>("Nothing");
            if (generation == 0)
            {
                context.SetCustomStatus("first");
            }

            if (generation < 4)
            {
                context.ContinueAsNew(generation + 1);
            }

            return generation;
        }).AddActivity<string?, string>("Nothing", (_, _) => Task.FromResult("-"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync(0);

        Assert.Equal(4, await engine.OutputAsync<int>(id));
        Assert.Equal("first", (await engine.GetAsync(id)).ReadCustomStatusAs<string>());
        var history = await engine.Client.GetOrchestrationHistoryAsync(id);
        Assert.Single(history, e => e.EventType == HistoryEventType.TaskCompleted);
    }

    [Theory]
    [InlineData(true, "abc")]
    [InlineData(false, "c")]
    public async Task ContinueAsNew_EventsNobodyTook_AreCarriedInOrderUnlessDropped(bool preserve, string expected)
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

        Assert.Equal(expected, await engine.OutputAsync<string>(id));
    }

    [Fact]
    public async Task ContinueAsNew_ActivityOfTheLastGenerationEnds_ItsResultIsNotTakenForANewOne()
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
