using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    [Fact]
    public virtual async Task CallActivity_Answers_ResultReachesOrchestrator()
    {
        var registry = Flow(async context => await context.CallActivityAsync<int>("Double", context.GetInput<int>()))
            .AddActivity<int, int>("Double", (_, n) => Task.FromResult(2 * n));
        await using var engine = await StartEngineAsync(registry);

        Assert.Equal(42, await engine.OutputAsync<int>(await engine.StartFlowAsync(21)));
    }

    [Fact]
    public virtual async Task CallActivity_Throws_FailsWithTypeMessageAndCause()
    {
        var registry = Flow(async context =>
        {
            try
            {
                return await context.CallActivityAsync<string>("Break");
            }
            catch (TaskFailedException failed)
            {
                var details = failed.FailureDetails;
                return $"{failed.TaskName} {details.IsCausedBy<FormatException>()} {details.ErrorMessage} {details.InnerFailure!.ErrorMessage}";
            }
        }).AddActivity<string?, string>("Break", (_, _) => throw new FormatException("outer", new FormatException("inner")));
        await using var engine = await StartEngineAsync(registry);

        Assert.Equal("Break True outer inner", await engine.OutputAsync<string>(await engine.StartFlowAsync()));
    }

    [Fact]
    public virtual async Task CallActivity_FannedOut_RunAtTheSameTimeAndKeepOrder()
    {
        var met = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        var registry = Flow(context => Task.WhenAll(Enumerable.Range(0, 2).Select(i => context.CallActivityAsync<int>("Meet", i))))
            .AddActivity<int, int>("Meet", async (_, i) =>
            {
                met[i].SetResult();
                await met[1 - i].Task;
                return i;
            });
        await using var engine = await StartEngineAsync(registry);

        Assert.Equal(new[] { 0, 1 }, (await engine.OutputAsync<int[]>(await engine.StartFlowAsync()))!);
    }

    [Fact]
    public virtual async Task CallActivity_MoreThanTheLimit_OthersWait()
    {
        var (running, most, finish, full) = (0, 0, new TaskCompletionSource(), new TaskCompletionSource());
        var registry = Flow(context => Task.WhenAll(Enumerable.Range(0, 5).Select(i => context.CallActivityAsync<int>("Hold", i))))
            .AddOrchestrator<object?, int>("Other", (_, _) => Task.FromResult(0))
            .AddActivity<int, int>("Hold", async (_, i) =>
            {
                lock (finish)
                {
                    most = Math.Max(most, ++running);
                    if (running == 2)
                    {
                        full.TrySetResult();
                    }
                }

                await finish.Task;
                lock (finish)
                {
                    running--;
                }

                return i;
            });
        await using var engine = await StartEngineAsync(registry, maxConcurrentActivities: 2);

        var id = await engine.StartFlowAsync();
        await full.Task;
        await engine.EndAsync(await engine.StartAsync("Other"));
        finish.SetResult();

        Assert.Equal(new[] { 0, 1, 2, 3, 4 }, (await engine.OutputAsync<int[]>(id))!);
        Assert.Equal(2, most);
    }

    [Fact]
    public virtual async Task CallActivity_RetryPolicy_BacksOffOnTimersThatSurviveACrash()
    {
        var attempts = new List<DateTimeOffset>();
        var clock = new TaskCompletionSource<DurableEngineUnderTest>();
        var policy = new RetryPolicy(5, 2 * Tick, BackoffCoefficient: 2);
        var registry = Flow(context => context.CallActivityAsync<string>("Flaky", options: TaskOptions.FromRetryPolicy(policy)))
            .AddActivity<string?, string>("Flaky", async (_, _) =>
            {
                attempts.Add((await clock.Task).Now);
                return attempts.Count < 3 ? throw new IOException($"attempt {attempts.Count}") : "done";
            });
        await using var engine = await StartEngineAsync(registry);
        clock.SetResult(engine);

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(Tick);
        await engine.AdvanceAsync(Tick);
        await engine.CrashAsync();
        await engine.AdvanceAsync(3 * Tick);
        await engine.AdvanceAsync(Tick);

        // A clock of the test's own shows that nothing was late either: time has not passed since.
        Assert.Equal("done", await engine.OutputAsync<string>(id));
        Assert.Equal(3, attempts.Count);
        Assert.True(attempts[1] - attempts[0] >= 2 * Tick);
        Assert.True(attempts[2] - attempts[1] >= 4 * Tick);
    }

    [Fact]
    public virtual async Task CallActivity_RetriesExhausted_FailsWithTheLastError()
    {
        var attempts = 0;
        var registry = Flow(context => context.CallActivityAsync<string>(
                "Broken", options: TaskOptions.FromRetryPolicy(new RetryPolicy(2, Tick))))
            .AddActivity<string?, string>("Broken", (_, _) => throw new IOException($"attempt {++attempts}"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(Tick);
        var end = await engine.EndAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal("attempt 2", end.FailureDetails!.InnerFailure!.ErrorMessage);
    }

    [Fact]
    public virtual async Task CallActivity_UnknownName_FailsTheTask()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.CallActivityAsync<string>("Nobody")));

        var end = await engine.EndAsync(await engine.StartFlowAsync());

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("Nobody", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task CallActivity_CrashWhileItRuns_RunsAgain()
    {
        var (runs, reached, never) = (0, new TaskCompletionSource(), new TaskCompletionSource());
        var registry = Flow(context => context.CallActivityAsync<int>("Slow")).AddActivity<string?, int>("Slow", async (_, _) =>
        {
            if (++runs == 1)
            {
                reached.SetResult();
                await never.Task;
            }

            return runs;
        });
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await reached.Task;
        await engine.CrashAsync();

        Assert.Equal(2, await engine.OutputAsync<int>(id));
    }
}
