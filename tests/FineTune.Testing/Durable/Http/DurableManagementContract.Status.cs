using System.Text.Json.Nodes;
using Xunit;

namespace FineTune.Testing.Durable.Http;

public abstract partial class DurableManagementContract
{
    [Fact]
    public async Task Status_Running_Is202WithLocationRetryAfterAndTheDocumentedOrder()
    {
        var id = await StartWaiterAsync();

        var answer = await Management.GetAsync($"/Instances/{id}/?taskHub=FineTuneHub");

        Assert.Equal(202, answer.Status);
        Assert.StartsWith($"{Management.Base}/Instances/{id}", answer.Location, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("5", answer.Header("Retry-After"));
        Assert.Equal("application/json", answer.MediaType);
        Assert.Equal(
            ["name", "version", "instanceId", "runtimeStatus", "input", "customStatus", "output", "createdTime", "lastUpdatedTime"],
            answer.Names);
        Assert.Equal("1.0", (string?)answer.Json["version"]);
        Assert.Null(answer.Json["output"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string?)answer.Json["createdTime"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string?)answer.Json["lastUpdatedTime"]);
    }

    [Fact]
    public async Task Status_Completed_Is200WithOutputAndInputUnlessUnwanted()
    {
        var id = await StartCompletedAsync();

        var answer = await Management.GetAsync($"/instances/{id}");
        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Location);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(EpochProbe.Result(id)), answer.Json["output"]));
        Assert.NotNull(answer.Json["input"]);
        Assert.Null((await Management.GetAsync($"/instances/{id}?showInput=false")).Json["input"]);
    }

    [Fact]
    public async Task Status_Failed_Is200AndOnRequest500()
    {
        var id = await StartFailedAsync();

        var answer = await Management.GetAsync($"/instances/{id}");
        Assert.Equal(200, answer.Status);
        Assert.NotEmpty((string)answer.Json["output"]!);
        var asked = await Management.GetAsync($"/instances/{id}?returnInternalServerErrorOnFailure=true");
        Assert.Equal(500, asked.Status);
        Assert.Equal("Failed", (string?)asked.Json["runtimeStatus"]);
    }

    [Fact]
    public async Task Status_ShowHistory_FoldsSchedulingIntoCompletions()
    {
        var id = await StartCompletedAsync();

        var plain = (await Management.GetAsync($"/instances/{id}?showHistory=true&showInput=false")).Json["historyEvents"]!.AsArray();
        Assert.Equal("ExecutionStarted", (string?)plain[0]!["EventType"]);
        Assert.Equal(EpochProbe.Orchestrator, (string?)plain[0]!["FunctionName"]);
        var task = plain.First(e => (string?)e!["EventType"] == "TaskCompleted")!;
        Assert.Equal("EnqueueEpoch", (string?)task["FunctionName"]);
        Assert.NotNull(task["ScheduledTime"]);
        Assert.Equal("ExecutionCompleted", (string?)plain[^1]!["EventType"]);
        Assert.Equal("Completed", (string?)plain[^1]!["OrchestrationStatus"]);
        Assert.All(plain, e => Assert.Equal(["EventType", "Timestamp"], e!.AsObject().Select(property => property.Key).Intersect(["EventType", "Timestamp"])));
        Assert.DoesNotContain(plain, e => (string?)e!["EventType"] is "TaskScheduled" or "OrchestratorStarted" or "OrchestratorCompleted");
        Assert.All(plain, e => Assert.Empty(e!.AsObject().Select(property => property.Key).Intersect(
            ["Input", "Result", "EventId", "IsPlayed", "TaskScheduledId", "TimerId", "Version", "Tags"])));

        var full = (await Management.GetAsync($"/instances/{id}?showHistory=true&showHistoryOutput=true")).Json["historyEvents"]!.AsArray();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(EpochProbe.Result(id)), full[^1]!["Result"]));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(EpochProbe.Input(id)), JsonNode.Parse((string)full[0]!["Input"]!)));
    }

    [Fact]
    public async Task List_OfAPrefix_HasTheFormOfTheStatus()
    {
        var id = await StartCompletedAsync();

        var answer = await Management.GetAsync($"/instances?instanceIdPrefix={id}");

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Header("x-ms-continuation-token"));
        var listed = Assert.Single(answer.Json.AsArray())!;
        Assert.True(JsonNode.DeepEquals((await Management.GetAsync($"/instances/{id}")).Json, listed));
        Assert.Null((await Management.GetAsync($"/instances?instanceIdPrefix={id}&showInput=false")).Json[0]!["input"]);
    }

    [Fact]
    public async Task List_StatusesAndTimes_Select()
    {
        var prefix = NewId();
        var running = await StartWaiterAsync(prefix + "-a");
        var completed = await StartCompletedAsync(prefix + "-b");

        Assert.Equal([running], await ListAsync("&runtimeStatus=Running"));
        Assert.Equal([completed], await ListAsync("&runtimeStatus=Failed,Completed"));
        Assert.Equal([running, completed], await ListAsync("&runtimeStatus=Running&runtimeStatus=Completed"));
        Assert.Equal([running, completed], await ListAsync("&runtimeStatus=running"));
        Assert.Equal([running, completed], await ListAsync("&createdTimeFrom=2020-01-01T00:00:00Z"));
        Assert.Empty(await ListAsync("&createdTimeTo=2020-01-01T00:00:00Z"));
        Assert.Empty(await ListAsync("&createdTimeFrom=2999-01-01T00:00:00Z"));

        async Task<IEnumerable<string>> ListAsync(string filters) =>
            Ids(await Management.GetAsync($"/instances?instanceIdPrefix={prefix}{filters}")).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task List_InPages_FollowsTheTokenToTheEnd()
    {
        var prefix = NewId();
        string[] ids = [prefix + "-a", prefix + "-b", prefix + "-c"];
        foreach (var id in ids)
        {
            await StartWaiterAsync(id);
        }

        var (seen, pages, token) = (new List<string>(), 0, default(string));
        do
        {
            var answer = await Management.GetAsync($"/instances?instanceIdPrefix={prefix}&top=2", token);
            Assert.Equal(200, answer.Status);
            Assert.InRange(answer.Json.AsArray().Count, 0, 2);
            seen.AddRange(Ids(answer));
            token = answer.Header("x-ms-continuation-token");
            pages++;
        }
        while (token is not null);

        Assert.Equal(ids, seen.Order(StringComparer.Ordinal));
        Assert.InRange(pages, 2, int.MaxValue);
    }

    private static IEnumerable<string> Ids(ManagementAnswer answer) => answer.Json.AsArray().Select(instance => (string)instance!["instanceId"]!);
}
