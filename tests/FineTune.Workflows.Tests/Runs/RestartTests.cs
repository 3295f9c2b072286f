using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Runs;

namespace FineTune.Workflows.Tests.Runs;

public sealed class RestartTests
{
    [Fact]
    public async Task Restart_AfterAFailedEpoch_GoesOnFromTheOneBeforeAndNeedsTheOldRunNoMore()
    {
        await using var host = await WorkflowHost.StartAsync();
        var old = await host.CreateAsync(request => request with { TrainingDuration = "2ep" });
        var first = await host.ResultAsync((await host.TakeJobAsync())!);
        await host.ReportAsync(first);
        await host.ReportAsync(WorkflowHost.Failure((await host.TakeJobAsync())!, Fault.Caller("train_epoch", "loss_not_finite", "The loss is NaN.")));
        Assert.Equal(RunStatus.Failed, (await host.GetAsync(old.Id)).Status);

        var run = await RestartAsync(host, old.Id);
        await host.SettleAsync();
        Assert.True(await host.Runs.DeleteAsync(host.Client, old.Id));
        var job = (await host.TakeJobAsync())!;
        Assert.Equal((run.Id, 2, 1), (job.RunId, job.Epoch, job.Attempt));
        Assert.Equal(first.Checkpoint!.Sha256, job.Previous!.Sha256);
        Assert.Null(job.Resume);
        await host.ReportAsync(await host.ResultAsync(job));

        var done = await host.GetAsync(run.Id);
        Assert.Equal((RunStatus.Completed, new RegisteredVersion("main.demo.pairs", 1)), (done.Status, done.Registered));
        Assert.Equal(3, done.Metrics!.InitialEvalLoss);
        Assert.Equal(["ep1", "ep2"], (await host.Runs.CheckpointsAsync(run.Id)).Select(checkpoint => checkpoint.Name));
        Assert.Contains($"on from epoch 1 of run {old.Id}", (await host.Runs.EventsAsync(run.Id))[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_OfTheInstanceUnderANewId_IsARunOfItsOwn()
    {
        await using var host = await WorkflowHost.StartAsync();
        var old = await host.CreateAsync();
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));

        var id = await host.Client.RestartAsync(old.Id, restartWithNewInstanceId: true);
        var job = (await host.TakeJobAsync())!;
        Assert.Equal((id, $"{id}:epoch-1"), (job.RunId, job.InstanceId));
        await host.ReportAsync(await host.ResultAsync(job));
        Assert.Equal((id, 2), ((await host.GetAsync(id)).Id, (await host.GetAsync(id)).Registered!.Version));
    }

    [Fact]
    public async Task Restart_FromWithinAnEpoch_ResumesIt()
    {
        await using var host = await WorkflowHost.StartAsync();
        var old = await CanceledAtStepAsync(host, 2);

        var run = await RestartAsync(host, old, "EP1");
        var job = (await host.TakeJobAsync())!;
        Assert.Equal((run.Id, 1, (object?)null), (job.RunId, job.Epoch, job.Previous));
        Assert.NotNull(job.Resume);
    }

    [Fact]
    public async Task Restart_FromTheLastCheckpoint_OnlyRegisters()
    {
        await using var host = await WorkflowHost.StartAsync();
        var old = await host.CreateAsync();
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));

        var run = await RestartAsync(host, old.Id);
        await host.SettleAsync();
        Assert.Null(await host.TakeJobAsync());
        Assert.Equal(2, (await host.GetAsync(run.Id)).Registered!.Version);
    }

    [Fact]
    public async Task Restart_AskedForAgainWithItsId_IsOneRun()
    {
        await using var host = await WorkflowHost.StartAsync();
        var old = await CanceledAtStepAsync(host, 2);
        for (var call = 0; call < 2; call++)
        {
            var run = await host.Runs.RestartAsync(host.Client, old, null, "run-again", TestContext.Current.CancellationToken);
            Assert.Equal("run-again", run!.Id);
        }

        await host.SettleAsync();
        Assert.NotNull(await host.TakeJobAsync());
        Assert.Null(await host.TakeJobAsync());
    }

    [Fact]
    public async Task Restart_DataGrewShorterSince_IsRefused()
    {
        await using var host = await WorkflowHost.StartAsync();
        var old = await CanceledAtStepAsync(host, 2);
        await host.UploadPairsAsync("pairs.jsonl", 8);

        var run = await RestartAsync(host, old);
        await host.SettleAsync();
        Assert.Equal("data_changed", (await host.GetAsync(run.Id)).Fault!.Code);
    }

    [Fact]
    public async Task Restart_RunThatGoesOnOrUnknownCheckpoint_IsRefused()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        Assert.Equal("run_not_ended", (await Assert.ThrowsAsync<FaultException>(() => RestartAsync(host, run.Id))).Fault.Code);
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));

        var refused = await Assert.ThrowsAsync<FaultException>(() => RestartAsync(host, run.Id, "ep7"));
        Assert.Equal(("checkpoint_not_found", "checkpoint"), (refused.Fault.Code, refused.Fault.Field));
        Assert.Null(await host.Runs.RestartAsync(host.Client, "run-none", null, cancellationToken: TestContext.Current.CancellationToken));
    }

    private static async Task<RunView> RestartAsync(WorkflowHost host, string id, string? checkpoint = null) =>
        (await host.Runs.RestartAsync(host.Client, id, checkpoint, cancellationToken: TestContext.Current.CancellationToken))!;

    /// <summary>A run whose only checkpoint is one within its epoch.</summary>
    private static async Task<string> CanceledAtStepAsync(WorkflowHost host, long step)
    {
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        Assert.True(job.Plan.StepsOf(1).End > step);
        await host.Runs.CancelAsync(host.Client, run.Id, null);
        await host.SettleAsync();
        var result = await host.ResultAsync(job, EpochOutcome.Canceled);
        await host.ReportAsync(result with { Metrics = result.Metrics! with { Step = step } });
        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
        return run.Id;
    }
}
