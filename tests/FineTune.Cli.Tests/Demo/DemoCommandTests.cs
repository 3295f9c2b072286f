using System.Text.Json.Nodes;
using FineTune.Api.Datasets;
using FineTune.Api.Generation;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Generation;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FineTune.Cli.Tests.Demo;

/// <summary>The whole command against a host that answers at once; the real one is exercised end to end elsewhere.</summary>
public sealed class DemoCommandTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Demo_Json_ChainsTheRunsAndEndsWithOneObject()
    {
        await using var host = await StartAsync(prompt => $"[{prompt[^1]}]");
        var local = new FakeLocalHost(host.Address);

        var run = await DemoAsync(local, "--json");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        var summary = JsonNode.Parse(run.OutLines.Single())!;
        Assert.True(summary["passed"]!.GetValue<bool>());
        Assert.Equal(
            "0,1,1,main.demo.ner/1,2",
            string.Join(',', new[] { "exact_match_base", "exact_match_tuned", "exact_match_recombined", "registered", "prompts" }.Select(field => summary[field])));
        Assert.True(summary["seconds"]!.GetValue<double>() >= 0);
        Assert.Contains("Instruction fine-tuning", run.Error, StringComparison.Ordinal);
        Assert.Contains("<svg", await File.ReadAllTextAsync(summary["page"]!.GetValue<string>(), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(local.IsDisposed);

        var requests = host.To("POST", "/api/runs").Select(request => JsonNode.Parse(request.Body)!).ToList();
        Assert.Equal("CONTINUED_PRETRAIN", requests[0]["task_type"]!.GetValue<string>());
        Assert.EndsWith("/text", requests[0]["train_data_path"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("INSTRUCTION_FINETUNE", requests[1]["task_type"]!.GetValue<string>());
        Assert.Equal("main.demo.chronicle/1", requests[1]["custom_weights_path"]!.GetValue<string>());
        Assert.Equal("main.demo.ner", requests[1]["register_to"]!.GetValue<string>());
    }

    [Fact]
    public async Task Demo_ForPeople_ShowsAnswersScoresCurveAndWhatIsNext()
    {
        await using var host = await StartAsync(prompt => $"[{prompt[^1]}]");

        var run = await DemoAsync(new FakeLocalHost(host.Address));

        string[] said =
        [
            "gibberish", "2 held-out sentences", "fails on words it has never seen", "│█", "PASSED", "demo.html", "finetune chat main.demo.ner/1",
        ];
        Assert.All(said, text => Assert.Contains(text, run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Demo_TunedModelIsWrong_ExitsWithFailed()
    {
        await using var host = await StartAsync(prompt => "[]");

        var run = await DemoAsync(new FakeLocalHost(host.Address), "--json");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.False(JsonNode.Parse(run.OutLines.Single())!["passed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Demo_ARunFails_EndsWithTheReasonAndStopsTheHost()
    {
        await using var host = await StartAsync(prompt => "", TestRuns.Failed);
        var local = new FakeLocalHost(host.Address);

        var run = await DemoAsync(local, "--json");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        var summary = JsonNode.Parse(run.OutLines.Single())!;
        Assert.Contains("Record 3 has no 'response'.", summary["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(summary["exact_match_tuned"]);
        Assert.True(local.IsDisposed);
    }

    [Fact]
    public async Task Demo_SamplesMissing_IsUsageAndStartsNothing()
    {
        var run = await CommandLine.RunAsync(
            CommandLine.Nowhere, context => context with { SamplesDirectory = temp.FullPath }, "demo", "--data", Path.Combine(temp.FullPath, "d"));

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("The sample data is incomplete", run.Error, StringComparison.Ordinal);
    }

    private async Task<CliRun> DemoAsync(FakeLocalHost local, params string[] options)
    {
        temp.Write("samples/text/a.txt", "Some text.");
        temp.Write("samples/ner/train.jsonl", """{"prompt":"x","response":"[x]"}""");
        temp.Write("samples/ner/held_out.jsonl", "{\"prompt\":\"a1\",\"response\":\"[1]\"}\n{\"prompt\":\"a2\",\"response\":\"[2]\"}\n");
        temp.Write("samples/ner/recombined.jsonl", "{\"prompt\":\"b3\",\"response\":\"[3]\"}\n");
        return await CommandLine.RunAsync(
            CommandLine.Nowhere,
            context => context with { StartHost = local.Start, SamplesDirectory = Path.Combine(temp.FullPath, "samples") },
            ["demo", "--data", Path.Combine(temp.FullPath, "data"), .. options]);
    }

    /// <summary>Every run completes at the first look; only registered models answer by <paramref name="answer"/>.</summary>
    private static Task<StubHost> StartAsync(Func<string, string> answer, Func<RunView>? ended = null) => StubHost.StartAsync(app =>
    {
        app.MapPut("/api/datasets/{**path}", (string path) => new UploadedFile($"az://datasets/{path}", 1));
        app.MapPost("/api/runs", (RunRequest body) => Results.Accepted("/", new
        {
            Id = body.RegisterTo,
            Status = RunStatus.Pending,
            Run = TestRuns.Create(RunStatus.Pending),
            Links = new { },
        }));
        app.MapGet("/api/runs/{id}", (string id) => ended?.Invoke() ?? TestRuns.Completed(id, id));
        app.MapGet("/api/runs/{id}/metrics", () => DemoSamples.Curve(20, 3, 0.1));
        app.MapPost("/api/generate", (GenerateRequest body) => new GenerateResult(
        [
            .. body.Prompts!.Select(prompt => new Completion(body.Model.StartsWith("main.", StringComparison.Ordinal) ? answer(prompt) : "gibberish", 1, "stop")),
        ]));
    });
}
