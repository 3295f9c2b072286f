using System.Net;
using System.Net.Mime;
using System.Text;
using FineTune.Workflows.Durable;

namespace FineTune.Api.Tests.Durable;

public sealed class DurableManagementEndpointsTests
{
    private const string One = DurableManagementHost.Instances + "/one";

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
            "\"output\":\"it broke\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_ShowHistory_FoldsSchedulingIntoCompletions()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Echo", "one", "x");
        const string Time = "\"2026-06-04T10:46:39.9Z\"";

        var text = await host.TextAsync(One + "?showHistory=true&showHistoryOutput=true&showInput=false");

        Assert.EndsWith(
            "\"historyEvents\":[" +
            $$"""{"EventType":"ExecutionStarted","Timestamp":{{Time}},"FunctionName":"Echo"},""" +
            $$"""{"EventType":"TaskCompleted","Timestamp":{{Time}},"ScheduledTime":{{Time}},"FunctionName":"Same","Result":"x"},""" +
            $$"""{"EventType":"ExecutionCompleted","Timestamp":{{Time}},"OrchestrationStatus":"Completed","Result":"x"}]}""",
            text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Result", await host.TextAsync(One + "?showHistory=true"), StringComparison.Ordinal);
        Assert.DoesNotContain("historyEvents", await host.TextAsync(One), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/nobody")]
    [InlineData("DELETE", "/nobody")]
    [InlineData("POST", "/nobody/terminate")]
    [InlineData("POST", "/nobody/suspend")]
    [InlineData("POST", "/nobody/resume")]
    [InlineData("POST", "/nobody/raiseEvent/go")]
    [InlineData("PUT", "/one")]
    [InlineData("GET", "/one/terminate")]
    [InlineData("POST", "/one/unknown")]
    public async Task AnyCall_UnknownInstanceOrWrongVerb_Is404(string method, string path)
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one");

        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(new HttpMethod(method), DurableManagementHost.Instances + path)).StatusCode);
    }

    [Theory]
    [InlineData("/terminate")]
    [InlineData("/suspend")]
    [InlineData("/resume")]
    [InlineData("/raiseEvent/go")]
    public async Task Control_EndedInstance_Is410(string path)
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Echo", "one", "x");

        Assert.Equal(HttpStatusCode.Gone, (await host.SendAsync(HttpMethod.Post, One + path)).StatusCode);
    }

    [Fact]
    public async Task RaiseEvent_Json_ReachesTheInstance()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one");

        var answer = await host.SendAsync(HttpMethod.Post, One.ToUpperInvariant().Replace("/ONE", "/one", StringComparison.Ordinal) + "/raiseEvent/GO", Json("\"now\""));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var end = await host.Client.WaitForInstanceCompletionAsync("one", true, TestContext.Current.CancellationToken);
        Assert.Equal("now", end.ReadOutputAs<string>());
    }

    [Fact]
    public async Task RaiseEvent_NotJson_Is400AndSaysWhy()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one");

        using var text = new StringContent("\"now\"");
        await RefusedAsync(text, """{"Message":"Only application/json request content is supported"}""");
        await RefusedAsync(Json("{now"), """{"Message":"Invalid JSON content"}""");

        async Task RefusedAsync(HttpContent content, string expected)
        {
            var answer = await host.SendAsync(HttpMethod.Post, One + "/raiseEvent/go", content);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal(expected, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Terminate_Running_EndsWithTheReasonAsOutput()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one");

        Assert.Equal(HttpStatusCode.Accepted, (await host.SendAsync(HttpMethod.Post, One + "/terminate?reason=enough")).StatusCode);
        await host.Client.WaitForInstanceCompletionAsync("one", cancellation: TestContext.Current.CancellationToken);

        Assert.Contains("\"runtimeStatus\":\"Terminated\"", await host.TextAsync(One), StringComparison.Ordinal);
        Assert.Contains("\"output\":\"enough\"", await host.TextAsync(One), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SuspendAndResume_OnlyInTheRightState()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one");

        Assert.Equal(HttpStatusCode.InternalServerError, await ControlAsync("resume"));
        Assert.Equal(HttpStatusCode.Accepted, await ControlAsync("suspend"));
        Assert.Contains("\"runtimeStatus\":\"Suspended\"", await host.TextAsync(One), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, (await host.GetAsync(One)).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, await ControlAsync("suspend"));
        Assert.Equal(HttpStatusCode.Accepted, await ControlAsync("resume"));
        Assert.Contains("\"runtimeStatus\":\"Running\"", await host.TextAsync(One), StringComparison.Ordinal);

        async Task<HttpStatusCode> ControlAsync(string operation)
        {
            var answer = await host.SendAsync(HttpMethod.Post, $"{One}/{operation}?reason=why");
            await host.SettleAsync();
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Purge_OnlyEndedInstances()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "one");
        await host.StartInstanceAsync("Echo", "two", "x");

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.SendAsync(HttpMethod.Delete, One)).StatusCode);
        var answer = await host.SendAsync(HttpMethod.Delete, DurableManagementHost.Instances + "/two");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"instancesDeleted":1}""", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Null(await host.Client.GetInstanceAsync("two", cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Links_OfAnInstance_AreNamedAsDocumentedAndLeadToIt()
    {
        await using var host = await DurableManagementHost.StartAsync();
        await host.StartInstanceAsync("Waiter", "a b");
        const string Base = "http://localhost" + DurableManagementHost.Instances + "/a%20b";

        var text = await host.TextAsync("/links/a%20b");

        Assert.Equal(
            $$"""{"id":"a b","statusQueryGetUri":"{{Base}}","sendEventPostUri":"{{Base}}/raiseEvent/{eventName}","terminatePostUri":"{{Base}}/terminate?reason={text}","purgeHistoryDeleteUri":"""
            + $$"""
            "{{Base}}","suspendPostUri":"{{Base}}/suspend?reason={text}","resumePostUri":"{{Base}}/resume?reason={text}"}
            """,
            text);
        Assert.Equal(HttpStatusCode.Accepted, (await host.GetAsync(Base)).StatusCode);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, MediaTypeNames.Application.Json);
}
