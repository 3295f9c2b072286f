using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Tests.Epochs;

public sealed class TrainEpochTests
{
    private static readonly DispatchPolicy Policy = DispatchPolicy.Default;

    [Fact]
    public async Task Wait_NoTrainerTookTheJob_IsNotTakenForAFailure()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await PassAsync(host, 10 * Policy.TrainerTimeout);
        Assert.Equal(RunStatus.Queued, (await host.GetAsync(run.Id)).Status);
        Assert.Null(await host.TakeJobAsync());
        await host.ReportAsync(await host.ResultAsync(job));
        Assert.Equal(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Wait_LongInTheQueue_LooksLessAndLessOften()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        await PassAsync(host, TimeSpan.FromDays(1));

        // After one interval, two more, four more, and every eight: 90 of the day's 720.
        var history = await host.Client.GetOrchestrationHistoryAsync($"{run.Id}:epoch-1");
        Assert.Equal(92, history.Count(happened => happened.Name == nameof(ReadEpochProgress)));
    }

    [Fact]
    public async Task Wait_NoTrainerForDays_FailsAndSaysWhereToLook()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        host.Clock.Advance(Policy.QueueTimeout);
        await PassAsync(host, 2 * Policy.CheckInterval);

        var failed = await host.GetAsync(run.Id);
        Assert.Equal((RunStatus.Failed, "trainer_missing"), (failed.Status, failed.Fault!.Code));
    }

    [Fact]
    public async Task Wait_TrainerFellSilent_DispatchesANewAttemptAndIgnoresTheOldOnesResult()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var lost = (await host.TakeJobAsync())!;
        await host.BeatAsync(lost);
        await PassAsync(host, Policy.TrainerTimeout + Policy.CheckInterval);

        var next = (await host.TakeJobAsync())!;
        Assert.Equal((1, 2), (next.Epoch, next.Attempt));
        Assert.NotEqual(lost.EventName, next.EventName);
        Assert.Equal(2, (await host.Blobs.ReadJsonAsync<EpochFence>(new RunPaths(run.Id).Fence(1)))!.Attempt);

        await host.ReportAsync(await host.ResultAsync(lost));
        Assert.NotEqual(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
        var result = await host.ResultAsync(next);
        await host.ReportAsync(result);
        Assert.Equal(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
        Assert.Equal(result.Checkpoint, Assert.Single(await host.Runs.CheckpointsAsync(run.Id)).Checkpoint);
    }

    [Fact]
    public async Task Wait_TrainerKeepsBeating_GoesOnWaiting()
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        for (var time = TimeSpan.Zero; time < 3 * Policy.TrainerTimeout; time += Policy.CheckInterval)
        {
            await host.BeatAsync(job);
            await host.AdvanceAsync(Policy.CheckInterval);
        }

        Assert.Null(await host.TakeJobAsync());
    }

    [Fact]
    public async Task Wait_EventLost_FindsTheStoredResult()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await host.Blobs.WriteJsonAsync(new RunPaths(run.Id).Result(1, 1), await host.ResultAsync(job));
        await host.AdvanceAsync(Policy.CheckInterval);
        Assert.Equal(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Report_Twice_IsOneResult()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync(request => request with { TrainingDuration = "2ep" });
        var result = await host.ResultAsync((await host.TakeJobAsync())!);
        await host.ReportAsync(result);
        await host.ReportAsync(result);
        var second = (await host.TakeJobAsync())!;
        Assert.Equal(2, second.Epoch);
        Assert.NotEqual(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Failure_Retryable_IsTriedAgainUpToTheLimit()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        for (var attempt = 1; attempt <= Policy.MaxAttempts; attempt++)
        {
            var job = (await host.TakeJobAsync())!;
            Assert.Equal(attempt, job.Attempt);
            await host.ReportAsync(WorkflowHost.Failure(job, Fault.Platform("train_epoch", "trainer_crashed", "It died.")));
        }

        Assert.Null(await host.TakeJobAsync());
        Assert.Equal("trainer_crashed", (await host.GetAsync(run.Id)).Fault!.Code);
    }

    [Fact]
    public async Task Pause_WhileTraining_WaitsWithoutATrainerAndGoesOnWhenResumed()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        for (var pause = 1; pause <= Policy.MaxAttempts + 1; pause++)
        {
            await host.BeatAsync(job);
            Assert.Equal(RunStatus.Paused, await PauseAsync(host, job));
            await PassAsync(host, 2 * Policy.TrainerTimeout);
            Assert.Null(await host.TakeJobAsync());

            await host.Runs.ResumeAsync(host.Client, run.Id);
            await host.SettleAsync();
            Assert.Equal(RunStatus.Queued, (await host.GetAsync(run.Id)).Status);
            job = (await host.TakeJobAsync())!;
            Assert.Equal(pause + 1, job.Attempt);
        }

        await host.ReportAsync(await host.ResultAsync(job));
        Assert.Equal(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Pause_ThenCancel_EndsCanceledWithThePausesCheckpoint()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        await PauseAsync(host, (await host.TakeJobAsync())!);

        await host.Runs.CancelAsync(host.Client, run.Id, "enough");
        await host.SettleAsync();

        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
        Assert.Equal("ep1", Assert.Single(await host.Runs.CheckpointsAsync(run.Id)).Name);
    }

    [Fact]
    public async Task Pause_DiedBeforeTheTrainerWasTold_IsCompletedByTheNextCall()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        await host.TakeJobAsync();
        await host.Client.SuspendInstanceAsync(run.Id, "paused");
        await host.SettleAsync();
        Assert.Equal(RunStatus.Paused, (await host.GetAsync(run.Id)).Status);

        await host.Runs.PauseAsync(host.Client, run.Id);
        var told = await host.Blobs.ReadJsonAsync<PauseRequest>(new RunPaths(run.Id).PauseMarker);
        await host.Runs.PauseAsync(host.Client, run.Id);
        Assert.False(told!.Resumed);
        Assert.Equal(told, await host.Blobs.ReadJsonAsync<PauseRequest>(new RunPaths(run.Id).PauseMarker));
    }

    [Fact]
    public async Task Cancel_TrainerDiedBefore_WaitsForTheNextOnesCheckpoint()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await host.BeatAsync(job);
        await host.Runs.CancelAsync(host.Client, run.Id, null);
        await host.AdvanceAsync(Policy.CancelGrace);
        Assert.Equal(RunStatus.Terminating, (await host.GetAsync(run.Id)).Status);

        // The event is lost as well: the stored result is found.
        await host.Blobs.WriteJsonAsync(new RunPaths(run.Id).Result(1, 1), await host.ResultAsync(job, EpochOutcome.Canceled));
        await host.AdvanceAsync(Policy.CancelGrace);
        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
        Assert.Single(await host.Runs.CheckpointsAsync(run.Id));
    }

    [Fact]
    public async Task Cancel_TrainerNeverComesBack_EndsAfterFourGraceTimes()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        await host.BeatAsync((await host.TakeJobAsync())!);
        await host.Runs.CancelAsync(host.Client, run.Id, null);
        for (var grace = 1; grace <= 4; grace++)
        {
            Assert.NotEqual(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
            await host.AdvanceAsync(Policy.CancelGrace);
        }

        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Pause_ResumedBeforeTheTrainerSawIt_ChangesNothing()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await host.Runs.PauseAsync(host.Client, run.Id);
        await host.Runs.ResumeAsync(host.Client, run.Id);
        await host.ReportAsync(await host.ResultAsync(job));

        Assert.Equal(RunStatus.Completed, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Pause_ResumedJustAsTheTrainerStopped_GoesOnAtOnce()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await host.Runs.PauseAsync(host.Client, run.Id);
        await host.Runs.ResumeAsync(host.Client, run.Id);
        var pause = await host.Blobs.ReadJsonAsync<PauseRequest>(new RunPaths(run.Id).PauseMarker);
        await host.ReportAsync(await host.ResultAsync(job, EpochOutcome.Paused) with { PauseId = pause!.Id });

        Assert.Equal(2, (await host.TakeJobAsync())!.Attempt);
    }

    /// <summary>Pauses the run and answers as its trainer does.</summary>
    private static async Task<RunStatus> PauseAsync(WorkflowHost host, EpochJob job)
    {
        await host.Runs.PauseAsync(host.Client, job.RunId);
        var pause = await host.Blobs.ReadJsonAsync<PauseRequest>(new RunPaths(job.RunId).PauseMarker);
        await host.ReportAsync(await host.ResultAsync(job, EpochOutcome.Paused) with { PauseId = pause!.Id });
        return (await host.GetAsync(job.RunId)).Status;
    }

    private static async Task PassAsync(WorkflowHost host, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Policy.CheckInterval)
        {
            await host.AdvanceAsync(Policy.CheckInterval);
        }
    }
}
