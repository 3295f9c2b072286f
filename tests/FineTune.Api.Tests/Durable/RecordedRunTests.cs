using System.Text.Json.Nodes;
using FineTune.Api.Durable;
using FineTune.Core.Epochs;
using FineTune.Testing.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FineTune.Api.Tests.Durable;

/// <summary>
/// Statuses and histories of runs under the real host, with the real trainer: the same run on the embedded engine has the same events in
/// the same order with the same fields. What activities and trainer said differs, so payloads count by their kind alone.
/// </summary>
public sealed class RecordedRunTests
{
    private const string Run = "<run>";
    private static readonly string[] Payloads = ["input", "output", "customStatus", "Input", "Result"];

    private static readonly string[] Told =
    [
        "EventType", "FunctionName", "Name", "InstanceId", "OrchestrationStatus", "name", "version", "instanceId", "parentInstanceId", "runtimeStatus",
    ];

    private static readonly Dictionary<string, Func<WorkflowHost, Task<string>>> Runs = new()
    {
        ["run-completed"] = CompletedAsync,
        ["run-failed-region"] = async host => (await host.CreateAsync()).Id,
        ["run-failed-data"] = async host => (await host.CreateAsync(request => request with { TrainDataPath = "az://datasets/none.jsonl" })).Id,
        ["run-cancelled"] = CancelledAsync,
    };

    public static TheoryData<string> All { get; } = [.. Runs.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public async Task History_OfARun_IsShapedAsRecorded(string run)
    {
        await using var host = await WorkflowHost.StartAsync(run == "run-failed-region" ? "westeurope" : "eastus2");
        var id = await Runs[run](host);
        await using var app = await ServeAsync(host);
        using var http = app.GetTestClient();

        foreach (var recorded in JsonNode.Parse(await Recording.TextAsync(run))!.AsArray())
        {
            var path = ((string)recorded!["request"]!["path"]!).Replace(Run, id, StringComparison.Ordinal);
            var answer = await http.GetAsync(
                new Uri(DurableManagementEndpoints.Prefix + path, UriKind.Relative), TestContext.Current.CancellationToken);

            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal((int)recorded["response"]!["status"]!, (int)answer.StatusCode);
            Assert.Equal((string?)recorded["response"]!["contentType"], answer.Content.Headers.ContentType?.ToString());
            Assert.Equal(Shape(recorded["response"]!["body"]), Shape(JsonNode.Parse(text.Replace(id, Run, StringComparison.Ordinal))));
        }
    }

    private static async Task<string> CompletedAsync(WorkflowHost host)
    {
        var id = (await host.CreateAsync(request => request with { TrainingDuration = "2ep" })).Id;
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        return id;
    }

    private static async Task<string> CancelledAsync(WorkflowHost host)
    {
        var id = (await host.CreateAsync(request => request with { TrainingDuration = "2ep" })).Id;
        var job = (await host.TakeJobAsync())!;
        await host.Runs.CancelAsync(host.Client, id, "enough");
        await host.SettleAsync();
        await host.ReportAsync(await host.ResultAsync(job, EpochOutcome.Canceled));
        return id;
    }

    private static string Shape(JsonNode? node, string? name = null) => node switch
    {
        null => "null",
        JsonObject payload when Payloads.Contains(name) => payload.GetValueKind().ToString(),
        JsonObject fields => "{" + string.Join(",", fields.Select(field => $"{field.Key}:{Shape(field.Value, field.Key)}")) + "}",
        JsonArray list => "[" + string.Join(",\n", list.Select(item => Shape(item))) + "]",
        _ => Told.Contains(name) ? node.ToJsonString() : node.GetValueKind().ToString(),
    };

    private static async Task<WebApplication> ServeAsync(WorkflowHost host)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(host.Clock).AddSingleton(host.Client);
        var app = builder.Build();
        app.MapDurableManagement();
        await app.StartAsync();
        return app;
    }
}
