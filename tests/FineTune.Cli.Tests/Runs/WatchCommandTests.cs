using FineTune.Cli.Tests.Support;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FineTune.Cli.Tests.Runs;

public sealed class WatchCommandTests
{
    [Fact]
    public async Task Watch_Piped_WritesALinePerChangeAndTheOutcome()
    {
        var looks = new Queue<RunView>(
        [
            TestRuns.Create(RunStatus.Queued), TestRuns.Create(RunStatus.Queued), TestRuns.Create(RunStatus.Running, step: 120), TestRuns.Completed(),
        ]);
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs/run-1", looks.Dequeue));

        var run = await CommandLine.RunAsync(host.Address, "watch", "run-1");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal(
            [
                "QUEUED train_epoch",
                "RUNNING train_epoch · epoch 1/2 · step 120/400 · loss 0.1234 · 9,120 tok/s · ETA 1m 12s",
                "COMPLETED register · epoch 1/2 · step 400/400 · loss 0.1234",
                "Run run-1 completed: registered main.demo.ner version 1, eval loss 6.9100 → 0.0300.",
            ],
            run.OutLines);
    }

    [Fact]
    public async Task Watch_RunFails_SaysWhereAndExitsWithFailed()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs/run-1", TestRuns.Failed));

        var run = await CommandLine.RunAsync(host.Address, "watch", "run-1");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Equal("Run run-1 failed in validate_data: Record 3 has no 'response'. (train.jsonl, line 3)", run.OutLines[^1]);
    }

    [Fact]
    public async Task Watch_HostRestarts_GoesOnAndSaysSoOnce()
    {
        var looks = 0;
        await using var host = await StubHost.StartAsync(app => app.MapGet(
            "/api/runs/run-1", () => ++looks <= 2 ? Results.StatusCode(503) : Results.Ok(TestRuns.Completed())));

        var run = await CommandLine.RunAsync(
            host.Address, context => context with { ReconnectWindow = TimeSpan.FromMinutes(1), Clock = new ManualClock() }, "watch", "run-1");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal(3, looks);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Events_Follow_ShowsEachOnceUntilTheLast()
    {
        RunEvent created = new("CREATED", DateTimeOffset.UnixEpoch, RunEventTypes.Created, "Created.");
        RunEvent failed = new("FAILED", DateTimeOffset.UnixEpoch.AddSeconds(5), RunEventTypes.Failed, "No\u001b[31m luck.");
        var looks = new Queue<RunEvent[]>([[created], [created], [created, failed]]);
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs/run-1/events", looks.Dequeue));

        var run = await CommandLine.RunAsync(host.Address, "events", "run-1", "--follow");

        Assert.Equal(
            ["1970-01-01 00:00:00Z  CREATED             Created.", "1970-01-01 00:00:05Z  FAILED              No [31m luck."], run.OutLines);
    }
}
