using FineTune.LocalHost.Durable;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Tests.Durable;

public sealed class NonDeterminismTests
{
    [Fact]
    public async Task Replay_OtherActivityThanInHistory_FailsNamingBoth()
    {
        var message = await ReplayWithAsync(context => context.CallActivityAsync<string>("Other"));

        Assert.Contains("history event 2 is TaskScheduled #0 'Echo', but the code scheduled TaskScheduled #0 'Other'", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_TimerInsteadOfActivity_FailsNamingBoth()
    {
        var message = await ReplayWithAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return "";
        });

        Assert.Contains("'Echo', but the code scheduled TimerCreated #0", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_LessThanInHistory_Fails()
    {
        var message = await ReplayWithAsync(context => context.WaitForExternalEvent<string>("e"));

        Assert.Contains("'Echo', but the code scheduled nothing", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_MoreThanInHistory_Fails()
    {
        var message = await ReplayWithAsync(async context =>
        {
            var echo = context.CallActivityAsync<string>("Echo", "x");
            context.SendEvent("somebody", "hello", 1);
            return await echo;
        });

        Assert.Contains("the code scheduled EventSent #1 'hello' for instance 'somebody', which history does not have", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_EndsEarlierThanHistory_Fails()
    {
        var message = await ReplayWithAsync(context =>
        {
            _ = context.CallActivityAsync<string>("Echo", "x");
            return Task.FromResult("");
        });

        Assert.Contains("the code ended before history event", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Await_TaskThatIsNotDurable_Fails()
    {
        var forever = new TaskCompletionSource<string>();

        var message = await FailAsync(_ => forever.Task);

        Assert.Contains("'Flow' (instance 'one') awaits a task that is not durable", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Await_OnTheThreadPool_Fails()
    {
        var message = await FailAsync(async context =>
        {
            await context.CallActivityAsync<string>("Echo", "x").ConfigureAwait(false);
            return context.NewGuid().ToString();
        });

        Assert.Contains("await only tasks of", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancelAsync_OnATimer_FailsNamingCancel()
    {
        var message = await FailAsync(async context =>
        {
            using var end = new CancellationTokenSource();
            var timer = context.CreateTimer(TimeSpan.FromDays(1), end.Token);
            await end.CancelAsync();
            await timer;
            return "";
        });

        Assert.Contains("use Cancel(), not CancelAsync()", message, StringComparison.Ordinal);
    }

    private static DurableTaskRegistry Registry(Func<TaskOrchestrationContext, Task<string>> flow) => new DurableTaskRegistry()
        .AddOrchestrator<object?, string>("Flow", (context, _) => flow(context))
        .AddActivity<string, string>("Echo", (_, text) => Task.FromResult(text));

    private static async Task<string> FailAsync(Func<TaskOrchestrationContext, Task<string>> flow)
    {
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Registry(flow));
        return await FailureAsync(engine, await engine.StartFlowAsync(id: "one"));
    }

    /// <summary>Starts with one activity and a wait in history, then goes on with other code.</summary>
    private static async Task<string> ReplayWithAsync(Func<TaskOrchestrationContext, Task<string>> changed)
    {
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Registry(async context =>
            await context.CallActivityAsync<string>("Echo", "x") + await context.WaitForExternalEvent<string>("e")));
        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.RestartAsync(Registry(changed));
        await engine.RaiseAsync(id, "e", "y");
        return await FailureAsync(engine, id);
    }

    private static async Task<string> FailureAsync(EmbeddedEngineUnderTest engine, string id)
    {
        var end = await engine.EndAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.True(end.FailureDetails!.IsCausedBy<NonDeterministicOrchestrationException>(), end.FailureDetails.ToString());
        return end.FailureDetails.ErrorMessage;
    }
}
