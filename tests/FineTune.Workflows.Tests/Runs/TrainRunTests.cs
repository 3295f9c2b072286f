using System.Text.Json.Nodes;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;

namespace FineTune.Workflows.Tests.Runs;

public sealed class TrainRunTests
{
    [Fact]
    public async Task Run_TwoEpochs_GoesThroughEveryStepAndRegisters()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync(request => request with { TrainingDuration = "2ep", EvalDataPath = null });

        var first = (await host.TakeJobAsync())!;
        Assert.Null(first.Previous);
        Assert.Null(first.EvalTokens);
        Assert.Equal(2, first.Plan.HeldOut);
        Assert.Equal(RunStatus.Queued, (await host.GetAsync(run.Id)).Status);
        var firstResult = await host.ResultAsync(first);
        await host.ReportAsync(firstResult);

        var second = (await host.TakeJobAsync())!;
        Assert.Equal(2, second.Epoch);
        Assert.Equal(firstResult.Checkpoint, second.Previous);
        await host.ReportAsync(await host.ResultAsync(second));

        var done = await host.GetAsync(run.Id);
        Assert.Equal(RunStatus.Completed, done.Status);
        Assert.Equal(new RegisteredVersion("main.demo.pairs", 1), done.Registered);
        Assert.Equal(3, done.Metrics!.InitialEvalLoss);
        var events = await host.Runs.EventsAsync(run.Id);
        Assert.Equal(
            [
                "CREATED", "STARTED", "DATA_VALIDATED", "DATA_TOKENIZED", "EPOCH_QUEUED", "CHECKPOINT_SAVED", "EPOCH_QUEUED",
                "CHECKPOINT_SAVED", "TRAIN_FINISHED", "EVALUATED", "MODEL_REGISTERED", "COMPLETED",
            ],
            events.Select(entry => entry.Type));
        Assert.Equal(["ep1", "ep2"], (await host.Runs.CheckpointsAsync(run.Id)).Select(checkpoint => checkpoint.Name));
    }

    [Fact]
    public async Task Run_LossSpikes_StatusNamesTheSteps()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;

        await host.BeatAsync(job);
        Assert.Empty((await host.GetAsync(run.Id)).Warnings);
        await host.BeatAsync(job, lossSpikes: [3, 7]);

        Assert.Equal(
            "The training loss spiked at steps 3, 7; the run's events name the lines of data.", Assert.Single((await host.GetAsync(run.Id)).Warnings));
    }

    [Theory]
    [InlineData(TrainRun.Name, null)]
    [InlineData(TrainRun.Name, """{"run_id":"by-hand"}""")]
    [InlineData(TrainEpoch.Name, null)]
    [InlineData(TrainEpoch.Name, "{}")]
    [InlineData(RefusedRun.Name, null)]
    [InlineData(RefusedRun.Name, "{}")]
    public async Task Run_StartedByHandWithoutItsInput_SaysWhatIsMissing(string orchestrator, string? input)
    {
        await using var host = await WorkflowHost.StartAsync();

        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input is null ? null : JsonNode.Parse(input));
        await host.SettleAsync();

        var failed = (await host.Client.GetInstanceAsync(id))!;
        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        Assert.Equal(
            $"{orchestrator} was started without the input it needs. Start runs with POST /api/runs.", failed.FailureDetails!.ErrorMessage);
    }

    [Fact]
    public async Task Run_RegionNotAllowed_FailsFirstAndReadsNoData()
    {
        await using var host = await WorkflowHost.StartAsync("West Europe");
        var run = await host.CreateAsync(request => request with { TrainDataPath = "az://datasets/none.jsonl" });
        var failed = await host.GetAsync(run.Id);
        Assert.Equal(RunStatus.Failed, failed.Status);
        Assert.Equal("region_not_supported", failed.Fault!.Code);
        Assert.Equal(["CREATED", "FAILED"], (await host.Runs.EventsAsync(run.Id)).Select(entry => entry.Type));
        var instance = await host.Client.GetInstanceAsync(run.Id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, instance!.RuntimeStatus);
    }

    [Fact]
    public async Task Run_CanceledWhileACheckpointIsRecorded_StillListsIt()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync(request => request with { TrainingDuration = "2ep" });
        host.Blobs.BeforeWrite = path =>
        {
            if (path == new RunPaths(run.Id).CheckpointRecord(1))
            {
                CancelAndSeeAsync().GetAwaiter().GetResult();
            }
        };
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));

        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
        Assert.Equal("ep1", Assert.Single(await host.Runs.CheckpointsAsync(run.Id)).Name);

        // Until the orchestrator has had the event.
        async Task CancelAndSeeAsync()
        {
            await host.Client.RaiseEventAsync(run.Id, TrainRun.CancelEvent, new CancelRequest("now"));
            await Eventually.AnswersAsync(async () => (await host.Client.GetOrchestrationHistoryAsync(run.Id))
                .FirstOrDefault(happened => happened.EventType == HistoryEventType.EventRaised));
        }
    }

    [Fact]
    public async Task Create_FiftyAtOnceWithOneId_IsOneRunWithOneRequest()
    {
        await using var host = await WorkflowHost.StartAsync();
        var path = await host.UploadPairsAsync("pairs.jsonl", 40);
        var created = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Task.Run(() => host.Runs.CreateAsync(
            host.Client, new RunRequest(WorkflowHost.Model, path, "main.demo.pairs", TaskType.InstructionFinetune, Seed: n), "run-key-1"))));

        Assert.All(created, answer => Assert.Equal("run-key-1", answer.Run!.Id));
        var seed = Assert.Single(created.Select(answer => answer.Run!.Seed).Distinct());
        Assert.Equal(seed, (await host.Blobs.ReadJsonAsync<RunSpec>(new RunPaths("run-key-1").Spec))!.Seed);
        Assert.Equal(seed, (await host.TakeJobAsync())!.Plan.Seed);
        Assert.Null(await host.TakeJobAsync());
        Assert.Single(await host.Runs.EventsAsync("run-key-1"), happened => happened.Type == RunEventTypes.Created);
    }

    [Fact]
    public async Task List_ByStatusAndPage_IsNewestFirst()
    {
        await using var host = await WorkflowHost.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Insert(0, (await host.CreateAsync()).Id);
            host.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        var newest = await ListAsync(host);
        Assert.Equal(ids, newest.Select(run => run.Id));
        Assert.Equal(ids[1..], (await ListAsync(host, before: newest[0].CreatedAt)).Select(run => run.Id));
        Assert.Equal(ids[..2], (await ListAsync(host, [RunStatus.Queued, RunStatus.Running])).Select(run => run.Id));
        Assert.Equal(ids[2..], (await ListAsync(host, [RunStatus.Completed, RunStatus.Queued], newest[1].CreatedAt)).Select(run => run.Id));

        static async Task<List<RunView>> ListAsync(WorkflowHost host, RunStatus[]? statuses = null, DateTimeOffset? before = null) =>
            await host.Runs.ListAsync(host.Client, statuses, before).ToListAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Run_Queued_KnowsItsPlace()
    {
        await using var host = await WorkflowHost.StartAsync();
        var first = await host.CreateAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await host.CreateAsync();
        Assert.Equal([1, 2], [(await host.GetAsync(first.Id)).Progress.QueuePosition, (await host.GetAsync(second.Id)).Progress.QueuePosition]);

        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        Assert.Equal(1, (await host.GetAsync(second.Id)).Progress.QueuePosition);
        Assert.Null((await host.GetAsync(first.Id)).Progress.QueuePosition);
    }

    [Fact]
    public async Task Run_StepTakesTooLong_FailsAndNamesTheStep()
    {
        await using var host = await WorkflowHost.StartAsync(dispatch: DispatchPolicy.Default with { StepTimeout = TimeSpan.FromSeconds(1) });
        host.Blobs.BeforeWrite = path =>
        {
            if (path.FileName == "validation.json")
            {
                throw new IOException("Storage is away.");
            }
        };
        var run = await host.CreateAsync();
        await host.AdvanceAsync(TimeSpan.FromSeconds(1));

        var failed = await host.GetAsync(run.Id);
        Assert.Equal((RunStatus.Failed, "step_timeout", "validate_data"), (failed.Status, failed.Fault!.Code, failed.Fault.Phase));
    }

    [Fact]
    public async Task Run_WeightsNotImported_NamesTheCommandThatImportsThem()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync(request => request with { Model = "meta-llama/Llama-3.2-1B", AcceptLicense = true });
        var failed = await host.GetAsync(run.Id);
        Assert.Equal("weights_missing", failed.Fault!.Code);
        Assert.Contains("finetune models import <folder> --as meta-llama/Llama-3.2-1B", failed.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ContextAboveTheWeightsMaximum_IsRefused()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync(request => request with { ContextLength = 256 });
        Assert.Equal("context_length_too_long", (await host.GetAsync(run.Id)).Fault!.Code);
    }

    [Fact]
    public async Task Run_InvalidData_ReportsEveryProblemAndTheFirstOnesPlace()
    {
        await using var host = await WorkflowHost.StartAsync();
        var path = await host.UploadAsync("bad.jsonl", """
            {"prompt":"a","response":"b"}
            {"prompt":"a"}
            {"prompt":"a","response":7}
            """);
        var run = await host.CreateAsync(request => request with { TrainDataPath = path });
        var failed = await host.GetAsync(run.Id);
        Assert.Equal(("validate_data", 2L), (failed.Fault!.Phase, failed.Fault.Line!.Value));
        var report = await host.Blobs.ReadTextAsync(new RunPaths(run.Id).ValidationReport);
        Assert.Contains("\"line\": 3", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TrainerRefuses_FailsWithTheTrainersFault()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await host.ReportAsync(WorkflowHost.Failure(job, Fault.Caller("train", "loss_not_finite", "Step 3: the loss is NaN.")));
        var failed = await host.GetAsync(run.Id);
        Assert.Equal((RunStatus.Failed, "loss_not_finite"), (failed.Status, failed.Fault!.Code));
        Assert.Null(await host.TakeJobAsync());
    }

    [Fact]
    public async Task Run_CheckpointIncomplete_IsNeverRegistered()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var result = await host.ResultAsync((await host.TakeJobAsync())!);
        await host.Blobs.DeleteAsync(result.Checkpoint!.Folder / "manifest.json");
        await host.ReportAsync(result);
        for (var retry = 0; retry < 10; retry++)
        {
            await host.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(("checkpoint", "step_failed"), ((await host.GetAsync(run.Id)).Fault!.Phase, (await host.GetAsync(run.Id)).Fault!.Code));
        Assert.Empty(await host.Get<ModelRegistry>().ListModelsAsync());
    }

    [Fact]
    public async Task Cancel_WhileTheTrainerWorks_KeepsItsCheckpoint()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        var job = (await host.TakeJobAsync())!;
        await host.Runs.CancelAsync(host.Client, run.Id, "enough");
        Assert.NotNull(await host.Blobs.FindAsync(new RunPaths(run.Id).CancelMarker));
        await host.SettleAsync();
        Assert.Equal(RunStatus.Terminating, (await host.GetAsync(run.Id)).Status);
        await host.ReportAsync(await host.ResultAsync(job, EpochOutcome.Canceled));

        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
        Assert.Single(await host.Runs.CheckpointsAsync(run.Id));
        Assert.Empty(await host.Get<ModelRegistry>().ListModelsAsync());
    }

    [Fact]
    public async Task Cancel_NoTrainerAnswers_EndsAfterTheGraceTime()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        await host.Runs.CancelAsync(host.Client, run.Id, null);
        await host.AdvanceAsync(DispatchPolicy.Default.CancelGrace);
        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Delete_EndedRun_RemovesEverythingButTheRegisteredVersion()
    {
        await using var host = await WorkflowHost.StartAsync();
        var run = await host.CreateAsync();
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        Assert.True(await host.Runs.DeleteAsync(host.Client, run.Id));

        Assert.Null(await host.Runs.GetAsync(host.Client, run.Id));
        Assert.Empty(await host.Blobs.ListAsync(Containers.Runs, run.Id, TestContext.Current.CancellationToken).ToListAsync());
        Assert.Null(await host.Client.GetInstanceAsync($"{run.Id}:epoch-1"));
        Assert.Single(await host.Get<ModelRegistry>().ListModelsAsync());
    }
}
