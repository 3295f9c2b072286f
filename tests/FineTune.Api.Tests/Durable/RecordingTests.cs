using System.Text.Json.Nodes;

namespace FineTune.Api.Tests.Durable;

/// <summary>The embedded engine's answers have the fields, in the order, that the real host's recorded answers have.</summary>
public sealed class RecordingTests
{
    /// <summary>Fields of later extensions than the recorded one, which this host writes.</summary>
    private static readonly string[] Newer = ["version", "parentInstanceId"];

    /// <summary>Fields in which Durable Task's backend keeps traces and generations, which no client reads.</summary>
    private static readonly string[] Backend = ["Correlation", "ParentTraceContext", "ScheduledStartTime", "Generation", "GenerateNewTrace"];

    [Theory]
    [InlineData("")]
    [InlineData("?showInput=false")]
    [InlineData("?showHistory=true")]
    [InlineData("?showHistory=true&showHistoryOutput=true")]
    [InlineData("?showHistory=true&showHistoryOutput=true&showInput=false")]
    public async Task Status_CompletedRun_HasTheRecordedFields(string query)
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Echo", "one", "text");
        var answer = JsonNode.Parse(await host.TextAsync(DurableManagementHost.Instances + "/one" + query))!.AsObject();
        var recorded = await RecordedRunAsync(query);

        Assert.Equal(Keys(recorded), Keys(answer).Except(Newer));
        foreach (var type in (string[])["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"])
        {
            Assert.Equal(EventKeys(recorded, type), EventKeys(answer, type));
        }
    }

    [Fact]
    public async Task Status_Unknown_AnswersAsRecorded()
    {
        await using var host = await DurableManagementHost.StartAsync();
        var recorded = (await ReadAsync("status.json")).Single(entry => (string)entry!["name"]! == "status: unknown")!["response"]!;

        Assert.Equal((int)recorded["status"]!, (int)(await host.GetAsync(DurableManagementHost.Instances + "/none")).StatusCode);
    }

    private static IEnumerable<string> Keys(JsonObject node) => node.Select(property => property.Key);

    private static IEnumerable<string>? EventKeys(JsonObject status, string type) => status["historyEvents"]?.AsArray()
        .Select(happened => happened!.AsObject()).First(happened => (string)happened["EventType"]! == type)
        .Select(property => property.Key).Except(Backend).ToList();

    private static async Task<JsonObject> RecordedRunAsync(string query)
    {
        var entries = await ReadAsync("run-completed.json");
        var path = $"{DurableManagementHost.Instances}/{(string)entries[0]!["response"]!["body"]!["instanceId"]!}{query}";
        return entries.First(entry => (string)entry!["request"]!["path"]! == path)!["response"]!["body"]!.AsObject();
    }

    private static async Task<JsonArray> ReadAsync(string file)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Recordings", file), TestContext.Current.CancellationToken);
        return JsonNode.Parse(text)!.AsArray();
    }
}
