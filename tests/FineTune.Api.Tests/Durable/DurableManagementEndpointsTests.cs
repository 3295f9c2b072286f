using System.Net;
using System.Net.Mime;
using System.Text.Json.Nodes;
using FineTune.Api.Durable;
using FineTune.Workflows.Durable;

namespace FineTune.Api.Tests.Durable;

public sealed class DurableManagementEndpointsTests
{
    private const string One = DurableManagementHost.Instances + "/one";

    /// <summary>What an instance's start says of traces and generations, which this host has none of.</summary>
    private const string Untraced =
        "\"Correlation\":null,\"ParentTraceContext\":null,\"ScheduledStartTime\":null,\"Generation\":0,\"GenerateNewTrace\":false";

    [Fact]
    public async Task Status_Running_Is202WithLocationAndRetryAfterInTheDocumentedForm()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one", new { a = 1 }, "1.0");

        var answer = await host.GetAsync(One + "?taskHub=x");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal($"http://localhost{One}?taskHub=x", answer.Headers.Location!.ToString());
        Assert.Equal(TimeSpan.FromSeconds(5), answer.Headers.RetryAfter!.Delta);
        Assert.Equal(MediaTypeNames.Application.Json, answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            """{"name":"Waiter","version":"1.0","instanceId":"one","runtimeStatus":"Running","input":{"a":1},"customStatus":"""
            + """{"step":"waiting"},"output":null,"createdTime":"2026-06-04T10:46:39Z","lastUpdatedTime":"2026-06-04T10:46:39Z"}""",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Status_Completed_Is200WithOutputAndWithoutInputWhenNotWanted()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Echo", "one", "tö'st");

        var answer = await host.GetAsync(One + "/?showInput=false");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
        Assert.Equal(
            """{"name":"Echo","instanceId":"one","runtimeStatus":"Completed","input":null,"customStatus":null,"output":"tö'st","createdTime":"""
            + "\"2026-06-04T10:46:39Z\",\"lastUpdatedTime\":\"2026-06-04T10:46:39Z\"}",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Status_Failed_ShowsTheFailureAndIs500OnlyWhenAsked()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Broken", "one");

        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync(One)).StatusCode);
        var answer = await host.GetAsync(One + "?returnInternalServerErrorOnFailure=true");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains(
            "\"output\":\"System.FormatException: it broke\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ShowHistory_FoldsSchedulingIntoCompletions()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Echo", "one", "x");
        const string Time = "\"2026-06-04T10:46:39.9Z\"";
        const string WithOffset = "\"2026-06-04T10:46:39.9+00:00\"";

        var text = await host.TextAsync(One + "?showHistory=true&showHistoryOutput=true&showInput=false");

        Assert.EndsWith(
            "\"historyEvents\":[" +
            $$"""{"EventType":"ExecutionStarted",{{Untraced}},"Timestamp":{{Time}},"FunctionName":"Echo"},""" +
            $$"""{"EventType":"TaskCompleted","Result":"x","Timestamp":{{Time}},"ScheduledTime":{{WithOffset}},"FunctionName":"Same"},""" +
            $$"""{"EventType":"ExecutionCompleted","OrchestrationStatus":"Completed","Result":"x","FailureDetails":null,"Timestamp":{{Time}}}]}""",
            text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Result", await host.TextAsync(One + "?showHistory=true"), StringComparison.Ordinal);
        Assert.DoesNotContain("historyEvents", await host.TextAsync(One), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_Scheduled_ShowsNoHistoryYet()
    {
        await using var host = await DurableManagementHost.StartAsync();
        var options = new StartOrchestrationOptions("one", host.Clock.GetUtcNow().AddHours(1));
        await host.Client.ScheduleNewOrchestrationInstanceAsync("Echo", "x", options, TestContext.Current.CancellationToken);

        var text = await host.TextAsync(One + "?showHistory=true");

        Assert.Contains("\"runtimeStatus\":\"Pending\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("historyEvents", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ChildUnderWay_IsScheduledInItsParentsHistoryAndNamesItsParent()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Parent", "one", "x");
        const string Time = "\"2026-06-04T10:46:39.9Z\"";

        Assert.EndsWith(
            "\"historyEvents\":[" +
            $$"""{"EventType":"ExecutionStarted","Input":"\"x\"",{{Untraced}},"Timestamp":{{Time}},"FunctionName":"Parent"},""" +
            $$"""{"EventType":"SubOrchestrationInstanceCreated","Name":"Waiter","InstanceId":"one:child","Input":null,""" +
            $$""" "ClientSpanId":null,"Tags":{},"Timestamp":{{Time}}}]}""".TrimStart(),
            await host.TextAsync(One + "?showHistory=true"),
            StringComparison.Ordinal);
        Assert.Contains(
            "\"instanceId\":\"one:child\",\"parentInstanceId\":\"one\",\"runtimeStatus\"", await host.TextAsync(One + ":child"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_TaskFailed_SaysWhy()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Unlucky", "one");

        var failed = JsonNode.Parse(await host.TextAsync(One + "?showHistory=true"))!["historyEvents"]!.AsArray()
            .Single(e => (string?)e!["EventType"] == "TaskFailed")!;

        Assert.Equal("Function 'Break' failed with an unhandled exception.", (string?)failed["Reason"]);
        Assert.Equal("no luck", (string?)failed["FailureDetails"]!["ErrorMessage"]);
        Assert.Equal("System.FormatException", (string?)failed["FailureDetails"]!["ErrorType"]);
        Assert.Equal("Break", (string?)failed["FunctionName"]);
    }

    [Theory]
    [InlineData("?timeout=1&pollingInterval=2", HttpStatusCode.BadRequest)]
    [InlineData("?timeout=NaN&pollingInterval=1", HttpStatusCode.BadRequest)]
    [InlineData("?timeout=1e300&pollingInterval=1", HttpStatusCode.InternalServerError)]
    public async Task Start_TimeoutNoSpanOfTime_IsRefusedAndStartsNothing(string query, HttpStatusCode expected)
    {
        await using var host = await DurableManagementHost.StartAsync();

        var answer = await host.SendAsync(HttpMethod.Post, DurableManagementEndpoints.Prefix + "/orchestrators/Waiter/one" + query);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Null(await host.Client.GetInstanceAsync("one", cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Start_TimeoutPasses_AnswersTheLinks()
    {
        await using var host = await DurableManagementHost.StartAsync();
        var start = host.SendAsync(HttpMethod.Post, DurableManagementEndpoints.Prefix + "/orchestrators/Waiter/one?timeout=60&pollingInterval=1");
        while (!start.IsCompleted)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        var answer = await start;

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), answer.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task List_ForeignContinuationToken_Is400()
    {
        await using var host = await DurableManagementHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, DurableManagementHost.Instances);
        request.Headers.Add("x-ms-continuation-token", "not ours");

        var answer = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(
            """{"Message":"'not ours' is not a continuation token""",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_OfAnInstance_EscapeItsIdAndLeadToIt()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "a b");
        const string Base = "http://localhost" + DurableManagementHost.Instances + "/a%20b";
        const string Hub = "taskHub=FineTuneHub&connection=Storage";

        var links = JsonNode.Parse(await host.TextAsync("/links/a%20b"))!.AsObject().Select(link => $"{link.Key} {link.Value}");

        Assert.Equal(
            [
                "id a b", $"statusQueryGetUri {Base}?{Hub}", $"sendEventPostUri {Base}/raiseEvent/{{eventName}}?{Hub}",
                $"terminatePostUri {Base}/terminate?reason={{text}}&{Hub}", $"purgeHistoryDeleteUri {Base}?{Hub}",
                $"restartPostUri {Base}/restart?{Hub}", $"suspendPostUri {Base}/suspend?reason={{text}}&{Hub}",
                $"resumePostUri {Base}/resume?reason={{text}}&{Hub}",
            ],
            links);
        Assert.Equal(HttpStatusCode.Accepted, (await host.GetAsync(Base)).StatusCode);
    }
}
