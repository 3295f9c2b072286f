using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Trainer.Tests.Support;

namespace FineTune.Trainer.Tests.Epochs;

/// <summary>Messages that come twice, late or to two, and workers that end early.</summary>
public sealed class EpochDeliveryTests : IDisposable
{
    private readonly TrainerLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task Run_AskedToStop_HandsBackAndTheNextEndsAsIfUndisturbed()
    {
        using var undisturbed = new TrainerLab();
        var expected = await undisturbed.TrainAsync(await undisturbed.PrepareAsync());
        var job = await lab.PrepareAsync();
        using var stopping = new CancellationTokenSource();
        lab.OnStepCheckpoint = checkpoint =>
        {
            if (checkpoint == 2)
            {
                stopping.Cancel();
            }
        };

        await lab.SendAsync(job);
        await lab.WorkAsync(stopping.Token);

        Assert.Empty(await lab.ReportsAsync());
        Assert.Null(await lab.StoredAsync(job));
        Assert.StartsWith("step-0000000003-", Assert.Single(await lab.FoldersAsync(job)), StringComparison.Ordinal);

        // Nobody's clock has moved: the message is there again only because it was handed back.
        await lab.WorkAsync();
        var result = Assert.Single(await lab.ReportsAsync());
        Assert.Equal(4, lab.StepCheckpoints);
        Assert.Equal(await undisturbed.HashesAsync(expected), await lab.HashesAsync(result));
        Assert.Equal(expected.Metrics!.TrainLoss, result.Metrics!.TrainLoss);
        Assert.Equal(expected.Metrics.Tokens, result.Metrics.Tokens);
        Assert.Equal([1L, 2, 3, 4, 5], (await lab.Journal.ReadMetricsAsync()).Select(step => step.Step));
    }

    [Fact]
    public async Task Run_Paused_KeepsACheckpointAndTheNextAttemptEndsAsIfUndisturbed()
    {
        using var undisturbed = new TrainerLab();
        var expected = await undisturbed.TrainAsync(await undisturbed.PrepareAsync());
        var job = await lab.PrepareAsync();
        lab.OnStepCheckpoint = checkpoint =>
        {
            if (checkpoint == 2)
            {
                EpochWorkerTests.Wait(lab.Blobs.WriteJsonAsync(lab.Paths.PauseMarker, new PauseRequest("p1")));
                lab.Beat();
            }
        };
        var paused = await lab.TrainAsync(job);
        Assert.Equal((EpochOutcome.Paused, "p1", 3), (paused.Outcome, paused.PauseId, paused.Metrics!.Step));
        Assert.Equal(paused.Checkpoint!.Folder.FileName, Assert.Single(await lab.FoldersAsync(job)));
        Assert.Equal(0, await lab.Jobs.CountAsync());

        await lab.Blobs.WriteJsonAsync(lab.Paths.PauseMarker, new PauseRequest("p1", Resumed: true));
        var result = await lab.TrainAsync(job with { Attempt = 2, EventName = "epoch-1-2" });

        Assert.Equal(await undisturbed.HashesAsync(expected), await lab.HashesAsync(result));
        Assert.Equal(expected.Metrics!.TrainLoss, result.Metrics!.TrainLoss);
        Assert.Empty(await lab.FoldersAsync(job));
    }

    [Fact]
    public async Task Run_WithACheckpointOfAnotherRun_GoesOnFromIt()
    {
        using var undisturbed = new TrainerLab();
        var expected = await undisturbed.TrainAsync(await undisturbed.PrepareAsync());
        var job = await lab.PrepareAsync();
        lab.OnStepCheckpoint = _ =>
        {
            EpochWorkerTests.Wait(lab.Blobs.WriteJsonAsync(lab.Paths.PauseMarker, new PauseRequest("p1")));
            lab.Beat();
        };
        var paused = await lab.TrainAsync(job);
        lab.OnStepCheckpoint = _ => { };

        var result = await lab.TrainAsync(job with { RunId = "run-2", Resume = paused.Checkpoint });

        Assert.Equal((2L, 3L), (paused.Metrics!.Step, (await new RunJournal(lab.Blobs, "run-2").ReadMetricsAsync())[0].Step));
        Assert.Equal(await undisturbed.HashesAsync(expected), await lab.HashesAsync(result));
    }

    [Fact]
    public async Task Run_MetricsCannotBeWrittenOnce_NoStepIsLost()
    {
        var failed = false;
        lab.BeforeWrite = path =>
        {
            if (path == lab.Paths.MetricsOf(1, 1) && !failed)
            {
                failed = true;
                throw new IOException("storage is away");
            }
        };
        var job = await lab.PrepareAsync();
        await lab.SendAsync(job);
        await lab.WorkAsync();
        lab.QueueClock.Advance(lab.Options.Lease);
        await lab.WorkAsync();

        Assert.True(failed);
        Assert.NotNull(await lab.StoredAsync(job));
        Assert.Equal([1L, 2, 3, 4, 5], (await lab.Journal.ReadMetricsAsync()).Select(step => step.Step));
    }

    [Fact]
    public async Task Run_ResultStoredBefore_IsReportedAgainNotTrainedAgain()
    {
        var job = await lab.PrepareAsync();
        var first = await lab.TrainAsync(job);
        var trained = lab.StepCheckpoints;

        Assert.Equal(first, await lab.TrainAsync(job));
        Assert.Equal(trained, lab.StepCheckpoints);
        Assert.Equal(0, await lab.Jobs.CountAsync());
    }

    [Fact]
    public async Task Run_DiedBetweenResultAndCleanUp_NextDeliveryDropsTheSteps()
    {
        var job = await lab.PrepareAsync();
        await lab.TrainAsync(job);
        using var rest = new MemoryStream([1]);
        await lab.Blobs.WriteAsync(lab.Paths.Work(1, 1) / "step-0000000004-dead/config.json", rest);
        await lab.TrainAsync(job);

        Assert.StartsWith("end-", Assert.Single(await lab.FoldersAsync(job)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NewerAttemptDispatched_DropsTheMessage()
    {
        var job = await lab.PrepareAsync();
        await lab.Blobs.WriteJsonAsync(lab.Paths.Fence(1), new EpochFence(2));
        await lab.SendAsync(job);
        await lab.WorkAsync();

        Assert.Equal(0, await lab.Jobs.CountAsync());
        Assert.Empty(await lab.ReportsAsync());
        Assert.Null(await lab.StoredAsync(job));
        Assert.Equal(0, lab.StepCheckpoints);
    }

    [Fact]
    public async Task Run_NewerAttemptDispatchedMeanwhile_StopsAndReportsNothing()
    {
        var job = await lab.PrepareAsync();
        lab.OnStepCheckpoint = checkpoint =>
        {
            if (checkpoint == 3)
            {
                EpochWorkerTests.Wait(lab.Blobs.WriteJsonAsync(lab.Paths.Fence(1), new EpochFence(2)));
            }
        };
        await lab.SendAsync(job);
        await lab.WorkAsync();

        Assert.Equal(TrainerLab.StepsPerEpoch - 1, lab.StepCheckpoints);
        Assert.Empty(await lab.ReportsAsync());
        Assert.Null(await lab.StoredAsync(job));
    }

    [Fact]
    public async Task Run_MessageTakenByAnother_ReportsNothing()
    {
        var job = await lab.PrepareAsync();
        IMessageLease? other = null;
        lab.OnStepCheckpoint = checkpoint =>
        {
            if (checkpoint == 2)
            {
                other = lab.TakeOverAsync().GetAwaiter().GetResult();
            }
        };
        await lab.SendAsync(job);
        await lab.WorkAsync();

        Assert.Empty(await lab.ReportsAsync());
        Assert.Null(await lab.StoredAsync(job));
        await other!.RenewAsync(lab.Options.Lease);
    }

    [Fact]
    public async Task Run_TwoHolders_FirstStoredResultIsTheAttempts()
    {
        var job = await lab.PrepareAsync();
        var theirs = new EpochResult(job.RunId, job.InstanceId, job.EventName, 1, 1, EpochOutcome.Canceled, null, null, null);
        lab.BeforeWrite = path =>
        {
            if (path.Name.Contains("/end-", StringComparison.Ordinal))
            {
                EpochWorkerTests.Wait(lab.Blobs.TryCreateJsonAsync(lab.Paths.Result(1, 1), theirs));
            }
        };

        Assert.Equal(theirs, await lab.TrainAsync(job));
        Assert.Equal(theirs, await lab.StoredAsync(job));
    }

    [Fact]
    public async Task Run_TrainersDieWithoutProgress_FailsAndPoisons()
    {
        lab.Options = lab.Options with { MaxDeliveries = 2 };
        var job = await lab.PrepareAsync();
        lab.BeforeWrite = path =>
        {
            if (path.Name.Contains("/step-", StringComparison.Ordinal))
            {
                throw new IOException("died");
            }
        };
        await lab.SendAsync(job);
        for (var delivery = 1; delivery <= 2; delivery++)
        {
            await lab.WorkAsync();
            Assert.Empty(await lab.ReportsAsync());
            lab.QueueClock.Advance(lab.Options.Lease);
        }

        await lab.WorkAsync();

        var result = Assert.Single(await lab.ReportsAsync());
        Assert.Equal((EpochOutcome.Failed, "trainer_crashed"), (result.Outcome, result.Fault!.Code));
        Assert.Equal(FaultAttribution.Platform, result.Fault.Attribution);
        Assert.Equal(WireJson.Serialize(job), Assert.Single(await lab.PoisonAsync()));
        Assert.Equal(0, await lab.Jobs.CountAsync());
    }

    [Fact]
    public async Task Run_TrainersDieButProgress_GoesOn()
    {
        lab.Options = lab.Options with { MaxDeliveries = 1 };
        var job = await lab.PrepareAsync();
        lab.BeforeWrite = path =>
        {
            if (path.Name.Contains("/step-0000000003", StringComparison.Ordinal))
            {
                lab.BeforeWrite = _ => { };
                throw new IOException("died");
            }
        };
        await lab.SendAsync(job);
        await lab.WorkAsync();
        lab.QueueClock.Advance(lab.Options.Lease);
        await lab.WorkAsync();

        Assert.Equal(EpochOutcome.Completed, Assert.Single(await lab.ReportsAsync()).Outcome);
    }

    [Fact]
    public async Task Run_AskedToStopWhenACheckpointTakesTooLong_HandsBackFromTheLastOne()
    {
        var job = await lab.PrepareAsync();
        using var stopping = new CancellationTokenSource();
        var clock = new WorkClock(TimeSpan.Zero);
        lab.TrainingClock = clock;
        lab.OnStepCheckpoint = _ =>
        {
            clock.Advance(lab.Options.HandBack + TimeSpan.FromSeconds(1));
            stopping.Cancel();
        };
        await lab.SendAsync(job);
        await lab.WorkAsync(stopping.Token);

        // The step after it was done, and is lost.
        Assert.StartsWith("step-0000000001-", Assert.Single(await lab.FoldersAsync(job)), StringComparison.Ordinal);
        Assert.NotNull(await lab.Jobs.ReceiveAsync(lab.Options.Lease, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_AskedToStopInAStepThatDoesNotEnd_HandsBackInTime()
    {
        var job = await lab.PrepareAsync();
        using var stopping = new CancellationTokenSource();
        using var stuck = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.OnStepCheckpoint = _ =>
        {
            stopping.Cancel();
            reached.TrySetResult();
            stuck.Wait(TestContext.Current.CancellationToken);
        };
        await lab.SendAsync(job);
        var work = lab.WorkAsync(stopping.Token);
        await reached.Task;
        Assert.Null(await lab.Jobs.ReceiveAsync(lab.Options.Lease, TestContext.Current.CancellationToken));
        lab.BeatClock.Advance(lab.Options.HandBack);
        await work;

        Assert.NotNull(await lab.Jobs.ReceiveAsync(lab.Options.Lease, TestContext.Current.CancellationToken));
        stuck.Set();
        await lab.WhenQuietAsync();
    }

    [Fact]
    public async Task Run_CheckpointInterval_IsTheLargerOfTheConfiguredAndTwentyTimesTheLastWrite()
    {
        var written = new List<string>();
        var clock = new WorkClock(TimeSpan.FromSeconds(30));
        lab.TrainingClock = clock;
        lab.Options = lab.Options with { CheckpointInterval = TimeSpan.FromSeconds(60) };
        lab.BeforeWrite = path =>
        {
            if (path.FileName == "manifest.json" && path.Name.Contains("/step-", StringComparison.Ordinal))
            {
                written.Add(path.Name.Split('/')[^2][..15]);
                clock.Advance(TimeSpan.FromSeconds(written.Count == 1 ? 1 : 6));
            }
        };
        await lab.TrainAsync(await lab.PrepareAsync());

        // A step takes 60 seconds: the first write's 20 are less, the second's 120 are two steps.
        Assert.Equal(["step-0000000001", "step-0000000002", "step-0000000004"], written);
    }

    [Fact]
    public async Task Run_DeletedMeanwhile_StopsAndLeavesNothingToWait()
    {
        var job = await lab.PrepareAsync();
        lab.OnStepCheckpoint = checkpoint =>
        {
            if (checkpoint == 2)
            {
                EpochWorkerTests.Wait(lab.Blobs.DeleteAsync(lab.Paths.Fence(1)));
            }
        };
        await lab.SendAsync(job);
        await lab.WorkAsync();
        Assert.Empty(await lab.ReportsAsync());
        Assert.Null(await lab.StoredAsync(job));

        lab.QueueClock.Advance(lab.Options.Lease);
        await lab.WorkAsync();
        Assert.Equal(0, await lab.Jobs.CountAsync());
        Assert.Equal(TrainerLab.StepsPerEpoch - 1, lab.StepCheckpoints);
    }
}
