using System.Text.Json.Nodes;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Workflows.Epochs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FineTune.Cli.Tests.Runs;

public sealed class RunCommandsTests
{
    [Fact]
    public async Task Get_Json_IsTheRunAsTheWireSpellsIt()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs/run-1", () => TestRuns.Completed()));

        var run = await CommandLine.RunAsync(host.Address, "get", "run-1", "--json");

        var json = JsonNode.Parse(run.OutLines.Single())!;
        Assert.Equal("COMPLETED", json["status"]!.GetValue<string>());
        Assert.Equal(1, json["registered"]!["version"]!.GetValue<int>());
    }

    [Fact]
    public async Task Get_Failed_ShowsWhatAndWhy()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs/run-1", TestRuns.Failed));

        var run = await CommandLine.RunAsync(host.Address, "get", "run-1");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal("FAILED validate_data", run.OutLines[0]);
        Assert.Contains("  task type         INSTRUCTION_FINETUNE", run.OutLines);
        Assert.Contains("  failed because    Record 3 has no 'response'.", run.OutLines);
    }

    [Fact]
    public async Task Cancel_WithReason_SendsIt()
    {
        await using var host = await StubHost.StartAsync(
            app => app.MapPost("/api/runs/run-1/cancel", () => TestRuns.Create(RunStatus.Terminating)));

        var run = await CommandLine.RunAsync(host.Address, "cancel", "run-1", "--reason", "too slow");

        Assert.Equal("""{"reason":"too slow"}""", host.Requests.Single().Body);
        Assert.Equal("Run run-1 is TERMINATING in train_epoch. It was asked to end.", run.OutLines.Single());
    }

    [Theory]
    [InlineData("pause", RunStatus.Paused, "Run run-1 is PAUSED in train_epoch.")]
    [InlineData("resume", RunStatus.Queued, "Run run-1 is QUEUED in train_epoch.")]
    public async Task PauseAndResume_Run_SayWhereItIs(string command, RunStatus status, string said)
    {
        await using var host = await StubHost.StartAsync(app => app.MapPost($"/api/runs/run-1/{command}", () => TestRuns.Create(status)));

        var run = await CommandLine.RunAsync(host.Address, command, "run-1");

        Assert.Equal((ExitCodes.Ok, said), (run.ExitCode, run.OutLines.Single()));
    }

    [Fact]
    public async Task Restart_FromACheckpoint_NamesItAndTellsTheNewRun()
    {
        await using var host = await StubHost.StartAsync(app => app.MapPost("/api/runs/run-0/restart", () => new
        {
            id = "run-1",
            status = "PENDING",
            run = TestRuns.Create(RunStatus.Pending),
            links = new { },
        }));

        var run = await CommandLine.RunAsync(host.Address, "restart", "run-0", "--checkpoint", "ep2");

        Assert.Equal("""{"checkpoint":"ep2"}""", host.Requests.Single().Body);
        Assert.Equal("Run run-1 is PENDING in train_epoch.", run.OutLines.Single());
    }

    [Fact]
    public async Task Delete_StillEnding_AsksUntilItIsGone()
    {
        var asked = 0;
        await using var host = await StubHost.StartAsync(app => app.MapDelete(
            "/api/runs/run-1", () => ++asked < 3 ? Results.Accepted("/api/runs/run-1", TestRuns.Create(RunStatus.Terminating)) : Results.NoContent()));

        var run = await CommandLine.RunAsync(host.Address, "delete", "run-1");

        Assert.Equal(3, asked);
        Assert.Equal("Run run-1 is deleted.", run.OutLines.Single());
    }

    [Fact]
    public async Task Checkpoints_ListsThemWithTheirPaths()
    {
        var checkpoint = new CheckpointRecord(
            "ep1", 1, 400, new ArtifactRef(new BlobPath("runs", "run-1/work/c"), "sha"), TestRuns.Completed().Metrics, "Saved.");
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs/run-1/checkpoints", () => new[] { checkpoint }));

        var run = await CommandLine.RunAsync(host.Address, "checkpoints", "run-1");

        Assert.Equal("ep1   400   0.0200      0.0300     az://runs/run-1/work/c", run.OutLines[1]);
    }

    [Fact]
    public async Task Metrics_AsTableJsonOrCsv_StatesEveryStep()
    {
        await using var host = await StubHost.StartAsync(app =>
        {
            app.MapGet("/api/runs/run-1/metrics", () => new[] { new { Step = 1, Epoch = 1, Loss = 6.9077, LearningRate = 3e-5 } });
            app.MapGet("/api/runs/run-1/metrics.csv", () => Results.Text("step,epoch\n1,1\n"));
        });

        var table = await CommandLine.RunAsync(host.Address, "metrics", "run-1");
        var json = await CommandLine.RunAsync(host.Address, "metrics", "run-1", "--json");
        var csv = await CommandLine.RunAsync(host.Address, "metrics", "run-1", "--csv");

        Assert.Equal("1     1      6.9077  3E-05", table.OutLines[1]);
        Assert.Equal("""[{"step":1,"epoch":1,"loss":6.9077,"learning_rate":3E-05}]""", json.OutLines.Single());
        Assert.Equal("step,epoch\n1,1\n", csv.Out);
    }
}
