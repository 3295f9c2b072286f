using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    private static readonly TaskOptions Child = new SubOrchestrationOptions(InstanceId: "child");

    [Fact]
    public virtual async Task SubOrchestration_WithId_AnswersAndKnowsItsParent()
    {
        var registry = Flow(context => context.CallSubOrchestratorAsync<string>("Child", 7, Child))
            .AddOrchestrator<int, string>("Child", (context, n) => Task.FromResult($"{n} {context.InstanceId} {context.Parent}"));
        await using var engine = await StartEngineAsync(registry);

        var output = await engine.OutputAsync<string>(await engine.StartFlowAsync(id: "parent"));

        Assert.Equal($"7 child {new ParentOrchestrationInstance("Flow", "parent")}", output);
        Assert.Equal("Child", (await engine.GetAsync("child")).Name);
    }

    [Fact]
    public virtual async Task SubOrchestration_WithoutIds_EachHasItsOwn()
    {
        var registry = Flow(context => Task.WhenAll(Enumerable.Range(0, 3).Select(_ => context.CallSubOrchestratorAsync<string>("Child"))))
            .AddOrchestrator<string?, string>("Child", (context, _) => Task.FromResult(context.InstanceId));
        await using var engine = await StartEngineAsync(registry);

        var ids = await engine.OutputAsync<string[]>(await engine.StartFlowAsync());

        Assert.Equal(3, ids!.Distinct().Count());
    }

    [Fact]
    public virtual async Task SubOrchestration_Fails_ParentSeesTheDetails()
    {
        var registry = Flow(context => context.CallSubOrchestratorAsync<string>("Child"))
            .AddOrchestrator<string?, string>("Child", (_, _) => throw new FormatException("bad child"));
        await using var engine = await StartEngineAsync(registry);

        var end = await engine.EndAsync(await engine.StartFlowAsync());

        Assert.True(end.FailureDetails!.IsCausedBy<TaskFailedException>());
        Assert.True(end.FailureDetails.InnerFailure!.IsCausedBy<FormatException>());
        Assert.Equal("bad child", end.FailureDetails.InnerFailure.ErrorMessage);
    }

    [Fact]
    public virtual async Task SubOrchestration_RetryWithTheSameId_ReplacesTheFailedChild()
    {
        var runs = 0;
        var options = TaskOptions.FromRetryPolicy(new RetryPolicy(2, Tick)).WithInstanceId("child");
        var registry = Flow(context => context.CallSubOrchestratorAsync<string>("Child", options: options))
            .AddOrchestrator<string?, string>("Child", (_, _) => ++runs == 1 ? throw new IOException("once") : Task.FromResult("second"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.AdvanceAsync(Tick);

        Assert.Equal("second", await engine.OutputAsync<string>(id));
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await engine.GetAsync("child")).RuntimeStatus);
    }

    [Fact]
    public virtual async Task SubOrchestration_IdOfALiveInstance_FailsTheTask()
    {
        var registry = Flow(context => context.CallSubOrchestratorAsync<string>("Waiter", options: Child))
            .AddOrchestrator<string?, string>("Waiter", (context, _) => context.WaitForExternalEvent<string>("e"));
        await using var engine = await StartEngineAsync(registry);

        await engine.StartAsync("Waiter", options: new StartOrchestrationOptions("child"));
        var end = await engine.EndAsync(await engine.StartFlowAsync());

        Assert.True(end.FailureDetails!.InnerFailure!.IsCausedBy<OrchestrationAlreadyExistsException>());
    }

    [Fact]
    public virtual async Task SubOrchestration_Terminated_FailsTheParentsTask()
    {
        var registry = Flow(context => context.CallSubOrchestratorAsync<string>("Waiter", options: Child))
            .AddOrchestrator<string?, string>("Waiter", (context, _) => context.WaitForExternalEvent<string>("e"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.Client.TerminateInstanceAsync("child", "stop");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await engine.EndAsync(id)).RuntimeStatus);
    }

    [Fact]
    public virtual async Task Terminate_WithDescendants_EndsThemToo()
    {
        var registry = Flow(context => context.CallSubOrchestratorAsync<string>("Middle", options: new SubOrchestrationOptions(InstanceId: "middle")))
            .AddOrchestrator<string?, string>("Middle", (context, _) => context.CallSubOrchestratorAsync<string>("Waiter", options: Child))
            .AddOrchestrator<string?, string>("Waiter", (context, _) => context.WaitForExternalEvent<string>("e"));
        await using var engine = await StartEngineAsync(registry);

        var id = await engine.StartFlowAsync();
        await engine.SettleAsync();
        await engine.Client.TerminateInstanceAsync(id, "stop");

        foreach (var ended in (string[])[id, "middle", "child"])
        {
            var end = await engine.EndAsync(ended);
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, end.RuntimeStatus);
            Assert.Equal("stop", end.ReadOutputAs<string>());
        }
    }
}
