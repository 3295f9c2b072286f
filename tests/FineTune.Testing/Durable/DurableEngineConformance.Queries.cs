using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Testing.Durable;

public abstract partial class DurableEngineConformance
{
    [Fact]
    public virtual async Task Query_Filters_Select()
    {
        await using var engine = await StartEngineAsync(Collecting);
        var before = new List<DateTimeOffset>();
        foreach (var name in (string[])["run-a", "run-b", "job-c", "run-d"])
        {
            await engine.AdvanceAsync(Tick);
            before.Add(engine.Now);
            await engine.StartFlowAsync(name, name);
        }

        await engine.Client.TerminateInstanceAsync("run-b");
        await engine.EndAsync("run-b");

        Assert.Equal(["job-c", "run-a", "run-b", "run-d"], await IdsAsync(engine, new()));
        Assert.Equal(["run-a", "run-b", "run-d"], await IdsAsync(engine, new(InstanceIdPrefix: "run-")));
        Assert.Equal(
            ["run-b"], await IdsAsync(engine, new(Statuses: [OrchestrationRuntimeStatus.Terminated, OrchestrationRuntimeStatus.Failed])));
        Assert.Equal(["job-c", "run-b"], await IdsAsync(engine, new(before[1], before[3] - (Tick / 2))));
        Assert.Equal(["\"run-d\""], (await engine.ListAsync(new(InstanceIdPrefix: "run-d", FetchInputsAndOutputs: true))).Select(i => i.SerializedInput));
    }

    [Fact]
    public virtual async Task Query_InputsNotAskedFor_AreNotTold()
    {
        await using var engine = await StartEngineAsync(Collecting);
        await engine.StartFlowAsync("input");

        Assert.Null(Assert.Single(await engine.ListAsync()).SerializedInput);
    }

    [Theory]
    [InlineData(OrchestrationQuery.DefaultPageSize)]
    [InlineData(7)]
    public virtual async Task Query_MoreThanAPage_IsComplete(int pageSize)
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(0)));
        for (var i = 0; i < 205; i++)
        {
            await engine.StartFlowAsync(id: Text(i));
        }

        Assert.Equal(
            Enumerable.Range(0, 205).Select(Text).Order(StringComparer.Ordinal), await IdsAsync(engine, new(PageSize: pageSize)));
    }

    [Fact]
    public virtual async Task Query_ContinuationToken_GoesOnThoughInstancesComeAndGo()
    {
        await using var engine = await StartEngineAsync(Flow(_ => Task.FromResult(0)));
        var ids = Enumerable.Range(0, 9).Select(i => "old-" + Text(i)).ToList();
        foreach (var id in ids)
        {
            await engine.EndAsync(await engine.StartFlowAsync(id: id));
        }

        var seen = new List<string>();
        string? token = null;
        do
        {
            var query = new OrchestrationQuery(InstanceIdPrefix: "old-", PageSize: 2, ContinuationToken: token);
            var page = await engine.Client.GetAllInstancesAsync(query).AsPages().FirstAsync();
            Assert.InRange(page.Values.Count, 0, 2);
            seen.AddRange(page.Values.Select(instance => instance.InstanceId));
            token = page.ContinuationToken;
            await engine.EndAsync(await engine.StartFlowAsync(id: "new-" + Text(seen.Count)));
            if (seen.Count > 0)
            {
                await engine.Client.PurgeInstanceAsync(seen[^1]);
            }
        }
        while (token is not null);

        Assert.Equal(ids, seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public virtual async Task Purge_OnlyEndedInstances_AreForgotten()
    {
        await using var engine = await StartEngineAsync(Collecting);
        var id = await engine.StartFlowAsync();

        Assert.Equal(0, (await engine.Client.PurgeInstanceAsync(id)).PurgedInstanceCount);
        await engine.Client.TerminateInstanceAsync(id);
        await engine.EndAsync(id);
        Assert.Equal(1, (await engine.Client.PurgeInstanceAsync(id)).PurgedInstanceCount);

        Assert.Null(await engine.Client.GetInstanceAsync(id));
        Assert.Empty(await engine.Client.GetOrchestrationHistoryAsync(id));
        Assert.Equal(0, (await engine.Client.PurgeInstanceAsync(id)).PurgedInstanceCount);
    }

    [Fact]
    public virtual async Task PurgeAll_TimesAndStatuses_SelectAmongTheEnded()
    {
        await using var engine = await StartEngineAsync(Flow(context => context.GetInput<string>() == "wait"
            ? context.WaitForExternalEvent<string>("never")
            : context.GetInput<string>() == "break" ? throw new FormatException("broken") : Task.FromResult("done")));
        var before = new List<DateTimeOffset>();
        foreach (var (id, input) in ((string, string)[])[("a", "end"), ("b", "break"), ("c", "wait"), ("d", "end"), ("e", "end")])
        {
            await engine.AdvanceAsync(Tick);
            before.Add(engine.Now);
            await engine.StartFlowAsync(input, id);
        }

        await engine.AdvanceAsync(Tick);

        Assert.Equal(0, await PurgeAsync(new(before[0], engine.Now, [OrchestrationRuntimeStatus.Running])));
        Assert.Equal(0, await PurgeAsync(new(engine.Now)));
        Assert.Equal(1, await PurgeAsync(new(before[0], before[3] - (Tick / 2), [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Running])));
        Assert.Equal(["b", "c", "d", "e"], await IdsAsync(engine, new()));
        Assert.Equal(3, await PurgeAsync(new(before[0])));

        Assert.Equal(["c"], await IdsAsync(engine, new()));
        Assert.Empty(await engine.Client.GetOrchestrationHistoryAsync("d"));
        Assert.NotEmpty(await engine.Client.GetOrchestrationHistoryAsync("c"));

        async Task<int> PurgeAsync(PurgeInstancesFilter filter) => (await engine.Client.PurgeAllInstancesAsync(filter)).PurgedInstanceCount;
    }

    /// <summary>In the order of names: engines list in orders of their own.</summary>
    private static async Task<IEnumerable<string>> IdsAsync(DurableEngineUnderTest engine, OrchestrationQuery query) =>
        (await engine.ListAsync(query)).Select(instance => instance.InstanceId).Order(StringComparer.Ordinal);
}
