using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Tokens;
using FineTune.Testing;
using FineTune.Trainer.Tests.Support;
using FineTune.Training.Engine;
using FineTune.Training.Loop;
using FineTune.Training.Models;

namespace FineTune.Trainer.Tests.Epochs;

public sealed class EpochWorkerTests : IDisposable
{
    private const int Steps = TrainerLab.StepsPerEpoch;
    private readonly TrainerLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task Run_Job_IsTrainedStoredReportedAndDeleted()
    {
        var job = await lab.PrepareAsync();
        var result = await lab.TrainAsync(job);

        Assert.Equal(EpochOutcome.Completed, result.Outcome);
        Assert.Null(result.Fault);
        Assert.Equal(
            (job.RunId, job.InstanceId, job.EventName, 1, 1), (result.RunId, result.InstanceId, result.EventName, result.Epoch, result.Attempt));
        Assert.Equal(result, await lab.StoredAsync(job));
        Assert.Equal(0, await lab.Jobs.CountAsync());
        Assert.Equal(Steps - 1, lab.StepCheckpoints);
        Assert.StartsWith("end-", Assert.Single(await lab.FoldersAsync(job)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(lab.Folder["cache/work"]));
    }

    [Fact]
    public async Task Run_Job_LeavesAMetricsLinePerStepAndAHeartbeat()
    {
        var job = await lab.PrepareAsync();
        var result = await lab.TrainAsync(job);

        var metrics = await lab.Journal.ReadMetricsAsync();
        Assert.Equal([1L, 2, 3, 4, 5], metrics.Select(step => step.Step));
        Assert.Equal(result.Metrics!.TrainLoss, metrics.Average(step => step.Loss), 1e-12);
        Assert.Equal(metrics.Sum(step => step.Tokens), result.Metrics.Tokens);
        Assert.Equal(Steps, result.Metrics.Step);
        var heartbeat = await lab.Journal.ReadHeartbeatAsync();
        Assert.Equal((Steps, 2L * Steps, metrics[^1].Loss), (heartbeat!.Step, heartbeat.TotalSteps, heartbeat.Loss!.Value));
    }

    [Fact]
    public async Task Run_Job_TellsOfTheModelAndOfProgressOnce()
    {
        var job = await lab.PrepareAsync();
        await lab.TrainAsync(TrainerLab.Second(job, await lab.TrainAsync(job)));

        var events = await lab.Journal.ReadEventsAsync();
        Assert.Equal(RunEventTypes.ModelInitialized, events[0].Type);
        Assert.All(events.Skip(1), happened => Assert.Equal(RunEventTypes.TrainUpdated, happened.Type));
        Assert.Equal(Enumerable.Range(1, 2 * Steps).Select(step => $"TRAIN_UPDATED-{step}"), events.Skip(1).Select(happened => happened.Id));
        Assert.Matches(@"^\[epoch=2/2\]\[batch=3/5\]\[ETA=\d+min\] Train loss: \d+\.\d\d$", events[8].Message);
    }

    [Fact]
    public async Task Run_WithEvalTokens_ReportsLossesAndTheInitialOneOnlyInEpochOne()
    {
        var job = await lab.PrepareAsync(withEval: true);
        var first = await lab.TrainAsync(job);
        var second = await lab.TrainAsync(TrainerLab.Second(job, first));

        Assert.True(first.Metrics!.InitialEvalLoss > first.Metrics.EvalLoss);
        Assert.Equal(Math.Exp(first.Metrics.EvalLoss!.Value), first.Metrics.EvalPerplexity);
        Assert.InRange(first.Metrics.EvalTokenAccuracy!.Value, 0, 1);
        Assert.Null(second.Metrics!.InitialEvalLoss);
        Assert.True(second.Metrics.EvalLoss < first.Metrics.EvalLoss);
    }

    [Fact]
    public async Task Run_TwoEpochs_GiveTheBitsOfOneEngine()
    {
        var job = await lab.PrepareAsync();
        var second = await lab.TrainAsync(TrainerLab.Second(job, await lab.TrainAsync(job)));

        using (var engine = TrainingEngines.Open(lab.Folder.Root + "/model", null, job.Plan.Hyperparameters))
        using (var train = TokenShardSource.Open(lab.Folder.Root + "/train"))
        {
            new TrainingLoop(engine, train, job.Plan).Run(0, 2 * Steps, _ => LoopControl.Continue);
            engine.Save(lab.Folder["expected"]);
        }

        var (weights, optimizer) = await lab.HashesAsync(second);
        Assert.Equal(Sha256("model.safetensors"), weights);
        Assert.Equal(Sha256("optimizer.safetensors"), optimizer);

        string Sha256(string name) => Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(lab.Folder["expected"], name))));
    }

    [Fact]
    public async Task Run_WithEvalPrompts_KeepsTheAnswersOfItsOwnEpochOnly()
    {
        var job = await lab.PrepareAsync();
        await lab.WriteSpecAsync("the rain", "the train");
        var first = await lab.TrainAsync(job);
        await lab.WriteSpecAsync();
        var second = await lab.TrainAsync(TrainerLab.Second(job, first));

        var answers = await lab.Blobs.ReadJsonAsync<EvalGeneration[]>(first.Checkpoint!.Folder / EvalGeneration.FileName);
        Assert.Equal(["the rain", "the train"], answers!.Select(answer => answer.Prompt));
        using var copy = new TemporaryFolder();
        var files = (await lab.Artifacts.DownloadAsync(second.Checkpoint!, copy.Root)).Files.Select(file => file.Name);
        Assert.DoesNotContain(EvalGeneration.FileName, files);
        using var model = ModelFolder.Open(copy.Root);
        Assert.Equal(16, model.Config.HiddenSize);
        Assert.Contains("tokenizer.json", files);
    }

    [Fact]
    public async Task Run_LastEpochWithEvalPrompts_AnswersWithoutChanceToo()
    {
        var job = await lab.PrepareAsync();
        await lab.WriteSpecAsync("the rain", "the rain");
        var first = await lab.TrainAsync(job);
        var last = await lab.TrainAsync(TrainerLab.Second(job, first));

        Assert.All(await AnswersAsync(first), answer => Assert.Null(answer.Greedy));
        var answers = await AnswersAsync(last);
        Assert.Equal(2, job.Plan.Epochs);
        Assert.NotEmpty(answers[0].Greedy!);
        Assert.Equal(answers[0].Greedy, answers[1].Greedy);
        Assert.NotEqual(answers[0].Response, answers[0].Greedy);

        async Task<EvalGeneration[]> AnswersAsync(EpochResult result) =>
            (await lab.Blobs.ReadJsonAsync<EvalGeneration[]>(result.Checkpoint!.Folder / EvalGeneration.FileName))!;
    }

    [Fact]
    public async Task Run_TokenOutsideTheVocabulary_FailsTheCallerOnce()
    {
        var result = await lab.TrainAsync(await lab.PrepareAsync(tokensVocabulary: 5000));

        Assert.Equal(EpochOutcome.Failed, result.Outcome);
        Assert.Equal((FaultAttribution.Caller, "token_out_of_range"), (result.Fault!.Attribution, result.Fault.Code));
        Assert.Null(result.Checkpoint);
        Assert.Equal(0, await lab.Jobs.CountAsync());
    }

    [Fact]
    public async Task Run_Cancelled_KeepsAUsableCheckpoint()
    {
        var job = await lab.PrepareAsync();
        lab.OnStepCheckpoint = checkpoint =>
        {
            if (checkpoint == 1)
            {
                Wait(lab.Blobs.WriteJsonAsync(lab.Paths.CancelMarker, "stop"));
            }

            // The first beat may be older than the marker; the second, waited for at the second checkpoint, is not.
            lab.Beat();
        };
        var result = await lab.TrainAsync(job);

        Assert.Equal(EpochOutcome.Canceled, result.Outcome);
        Assert.InRange(result.Metrics!.Step, 2, 3);
        Assert.Null(result.Metrics.EvalLoss);
        await lab.Artifacts.DownloadAsync(result.Checkpoint!, lab.Folder["canceled"]);
        using var engine = TrainingEngines.Open(lab.Folder["canceled"], lab.Folder["canceled"], job.Plan.Hyperparameters);
        Assert.Equal(result.Metrics.Step, engine.StepsDone);
        Assert.Equal(0, await lab.Jobs.CountAsync());
    }

    [Fact]
    public async Task Run_UnreadableMessage_GoesToThePoisonQueue()
    {
        await lab.Jobs.SendAsync("{ no job");
        await lab.WorkAsync();

        Assert.Equal(["{ no job"], await lab.PoisonAsync());
        Assert.Equal(0, await lab.Jobs.CountAsync());
        Assert.Empty(await lab.ReportsAsync());
    }

    internal static void Wait(Task task) => task.WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult();
}
