using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FineTune.Api.Tests.Support;
using FineTune.Core.Runs;

namespace FineTune.Api.Tests.Runs;

public sealed class RunEndpointsTests
{
    [Fact]
    public async Task Post_GoodRequest_AnswersRunLocationAndLinks()
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, response) = await host.SendAsync(HttpMethod.Post, "/api/runs", """
            {"model":"finetune/tiny-llama","train_data_path":"az://datasets/pairs.jsonl","register_to":"main.demo.pairs"}
            """);

        var id = (string)body!["id"]!;
        Assert.Equal(202, status);
        Assert.Equal($"/api/runs/{id}", response.Headers.Location!.OriginalString);
        Assert.Equal(id, (string)body["run"]!["id"]!);
        Assert.Equal(
            [
                "id", "statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "purgeHistoryDeleteUri", "restartPostUri",
                "suspendPostUri", "resumePostUri",
            ],
            body["links"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(
            $"http://localhost/runtime/webhooks/durabletask/instances/{id}?taskHub=FineTuneHub&connection=Storage",
            (string)body["links"]!["statusQueryGetUri"]!);
    }

    [Fact]
    public async Task Post_SameIdempotencyKey_IsOneRunHoweverOften()
    {
        await using var host = await ApiHost.StartAsync();
        async Task<string> PostAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/runs");
            request.Headers.Add("Idempotency-Key", key);
            request.Content = new StringContent(
                """{"model":"finetune/tiny-llama","train_data_path":"az://datasets/pairs.jsonl","register_to":"main.demo.pairs"}""",
                Encoding.UTF8,
                "application/json");
            using var response = await host.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!;
        }

        var ids = await Task.WhenAll(PostAsync("a"), PostAsync("a"), PostAsync("b"));
        await host.SettleAsync();
        Assert.Equal(ids[0], await PostAsync("a"));

        Assert.Equal((ids[0], 2), (ids[1], ids.Distinct().Count()));
        Assert.Equal(2, (await host.SendAsync(HttpMethod.Get, "/api/runs")).Body!.AsArray().Count);
    }

    [Fact]
    public async Task Post_SeveralFaults_ListsThemAllWithFields()
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(HttpMethod.Post, "/api/runs", """{"model":"finetune/tiny-llama","learning_rate":-1}""");

        Assert.Equal(400, status);
        var fields = body!["faults"]!.AsArray().Select(fault => (string)fault!["field"]!).ToHashSet();
        Assert.Superset(new HashSet<string> { "train_data_path", "register_to", "learning_rate" }, fields);
    }

    [Theory]
    [InlineData("{ no json")]
    [InlineData("""{"model":5}""")]
    [InlineData("""{"task_type":"JUGGLE"}""")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task Post_UnreadableBody_IsRefusedWithAMessage(string json)
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(HttpMethod.Post, "/api/runs", json);

        Assert.Equal(400, status);
        Assert.NotEmpty((string)body!["error"]!);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/cancel")]
    [InlineData("POST", "/pause")]
    [InlineData("POST", "/resume")]
    [InlineData("POST", "/restart")]
    [InlineData("GET", "/events")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/metrics.csv")]
    [InlineData("GET", "/checkpoints")]
    public async Task Any_UnknownRun_IsNotFound(string method, string rest)
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(new HttpMethod(method), $"/api/runs/run-none{rest}");

        Assert.Equal(404, status);
        Assert.Equal("run_not_found", (string)body!["faults"]![0]!["code"]!);
    }

    [Fact]
    public async Task List_Limit_TakesNoMore()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateRunAsync();
        await host.CreateRunAsync();

        Assert.Equal(2, (await host.SendAsync(HttpMethod.Get, "/api/runs")).Body!.AsArray().Count);
        Assert.Single((await host.SendAsync(HttpMethod.Get, "/api/runs?limit=1")).Body!.AsArray());
    }

    [Theory]
    [InlineData("queued", 1)]
    [InlineData("QUEUED", 1)]
    [InlineData("completed", 0)]
    public async Task List_Status_InAnyCaseTakesOnlyThose(string wanted, int expected)
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateRunAsync();
        await host.SettleAsync();

        var (status, body, _) = await host.SendAsync(HttpMethod.Get, $"/api/runs?status={wanted}");
        Assert.Equal((200, expected), (status, body!.AsArray().Count));
    }

    [Fact]
    public async Task List_UnknownStatus_NamesTheKnownOnes()
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(HttpMethod.Get, "/api/runs?status=bogus");
        Assert.Equal(400, status);
        Assert.Contains("COMPLETED", (string)body!["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_QueuedRun_EndsCanceledWithTheReasonInItsEvents()
    {
        await using var host = await ApiHost.StartAsync();
        var path = $"/api/runs/{await host.CreateRunAsync()}";

        Assert.Equal(200, (await host.SendAsync(HttpMethod.Post, $"{path}/cancel", """{"reason":"wrong data"}""")).Status);
        await host.SettleAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        await host.SettleAsync();

        Assert.Equal("CANCELED", (string)(await host.SendAsync(HttpMethod.Get, path)).Body!["status"]!);
        var events = (await host.SendAsync(HttpMethod.Get, $"{path}/events")).Body!.AsArray();
        Assert.Equal("CREATED", (string)events[0]!["type"]!);
        Assert.Equal("CANCELED", (string)events[^1]!["type"]!);
        Assert.Contains("wrong data", (string)events[^1]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PauseResumeCancelRestart_QueuedRun_EachAnswersWhereItIs()
    {
        await using var host = await ApiHost.StartAsync();
        var path = $"/api/runs/{await host.CreateRunAsync()}";

        Assert.Equal("PAUSED", (string)(await host.SendAsync(HttpMethod.Post, $"{path}/pause")).Body!["status"]!);
        await host.SettleAsync();
        Assert.Equal("PAUSED", (string)(await host.SendAsync(HttpMethod.Get, path)).Body!["status"]!);
        Assert.Equal("QUEUED", (string)(await host.SendAsync(HttpMethod.Post, $"{path}/resume")).Body!["status"]!);
        var (status, body, _) = await host.SendAsync(HttpMethod.Post, $"{path}/restart", """{"checkpoint":"ep1"}""");

        Assert.Equal((400, "run_not_ended"), (status, (string)body!["faults"]![0]!["code"]!));
    }

    [Fact]
    public async Task Metrics_OfStepsSoFar_AreJsonAndCsv()
    {
        await using var host = await ApiHost.StartAsync();
        var id = await host.CreateRunAsync();
        await new RunJournal(host.Blobs, id).AppendMetricsAsync(
            1, 1, [new StepMetrics(1, 1, 2.5, 0.001, 1.25, 64, 1000, host.Clock.GetUtcNow(), 0.75, 2048, 1024, true)]);

        var (_, json, _) = await host.SendAsync(HttpMethod.Get, $"/api/runs/{id}/metrics");
        Assert.Equal(2.5, (double)Assert.Single(json!.AsArray())!["loss"]!);
        Assert.Equal(
            "step,epoch,train_loss,learning_rate,grad_norm,tokens,tokens_per_second,mfu,rss_bytes,engine_bytes,loss_spike\n1,1,2.5,0.001,1.25,64,1000,0.75,2048,1024,1\n",
            await host.Http.GetStringAsync(new Uri($"/api/runs/{id}/metrics.csv", UriKind.Relative)));
    }

    [Fact]
    public async Task Delete_UnendedRun_IsAcceptedAndDoneWhenRepeated()
    {
        await using var host = await ApiHost.StartAsync();
        var path = $"/api/runs/{await host.CreateRunAsync()}";

        Assert.Equal(202, (await host.SendAsync(HttpMethod.Delete, path)).Status);
        await host.SettleAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        await host.SettleAsync();
        Assert.Equal(204, (await host.SendAsync(HttpMethod.Delete, path)).Status);
        Assert.Equal(404, (await host.SendAsync(HttpMethod.Get, path)).Status);
    }
}
