using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Testing.Storage;
using FineTune.Trainer.Epochs;
using FineTune.Trainer.Tests.Support;

namespace FineTune.Trainer.Tests.Epochs;

public sealed class TrainingHealthTests : IDisposable
{
    private readonly TrainerLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task Run_Job_MeasuresUtilizationAndMemoryOfEveryStep()
    {
        await lab.TrainAsync(await lab.PrepareAsync());

        var metrics = await lab.Journal.ReadMetricsAsync();
        Assert.Equal(TrainerLab.StepsPerEpoch, metrics.Count);
        Assert.All(metrics, step => Assert.True(step.Mfu > 0 && step.GradNorm > 0 && step.LearningRate > 0 && !step.LossSpike));
        Assert.All(metrics, step => Assert.InRange(step.EngineBytes!.Value, 1, step.RssBytes!.Value));
        Assert.Matches(
            "^Loaded [0-9,]+ parameters; training begins: 2 of 2 contexts at a time; expected: [0-9.]+ GiB of [0-9.]+, [0-9.]+ s a step.$",
            (await lab.Journal.ReadEventsAsync())[0].Message);
    }

    [Fact]
    public async Task Run_MoreThanTheMemoryThereIs_IsRefusedBeforeAnythingIsLoaded()
    {
        lab.Options = lab.Options with { MemoryGib = 0.01 };

        var result = await lab.TrainAsync(await lab.PrepareAsync());

        Assert.Equal((EpochOutcome.Failed, "training_does_not_fit"), (result.Outcome, result.Fault!.Code));
        Assert.Contains("has 0.0 GiB", result.Fault.Message, StringComparison.Ordinal);
        Assert.Contains("a device with at least 1 GiB", result.Fault.Message, StringComparison.Ordinal);
        Assert.Empty(await lab.Journal.ReadEventsAsync());
    }

    [Fact]
    public async Task Run_LossFarAboveTheStepsBefore_WarnsAndGoesOn()
    {
        const int steps = 20;
        lab.Options = lab.Options with { CheckpointInterval = TimeSpan.FromHours(1) };
        var job = await lab.PrepareAsync(steps: steps);
        var first = await lab.TrainAsync(job);

        // As if the first epoch had gone far better than it did.
        var before = (await lab.Journal.ReadMetricsAsync()).Select(step => step with { Loss = 0.01 });
        await lab.Journal.AppendMetricsAsync(1, 2, before);
        var second = await lab.TrainAsync(TrainerLab.Second(job, first));

        Assert.Equal(EpochOutcome.Completed, second.Outcome);
        var metrics = await lab.Journal.ReadMetricsAsync();
        Assert.Contains(steps + 1, metrics.Where(step => step.LossSpike).Select(step => step.Step));
        var warning = Assert.Single(await lab.Journal.ReadEventsAsync(), happened => happened.Id == $"WARNING-loss-spike-{steps + 1}");
        Assert.Equal(RunEventTypes.Warning, warning.Type);
        Assert.Matches(@"^Step 21: the loss is \d+\.\d+, far above the steps before \(median 0\.010, limit 0\.011\)\. Look", warning.Message);
        Assert.Contains(steps + 1L, (await lab.Journal.ReadHeartbeatAsync())!.LossSpikes!);
    }

    [Fact]
    public async Task After_StepsInTheJournal_GoesOnAsIfItHadSeenThem()
    {
        var journal = new RunJournal(new InMemoryBlobStore(), "run");
        double[] losses = [.. Enumerable.Range(1, 40).Select(step => step is 18 or 33 ? 9.0 : 2 + (0.01 * (step % 3)))];
        await journal.AppendMetricsAsync(1, 1, losses.Select((loss, i) => new StepMetrics(i + 1, 1, loss, 1, 1, 1, 1, default)));
        var whole = TrainingHealth.After(0, journal);
        Array.ForEach([.. losses.Index()], step => whole.Next(step.Index + 1, step.Item));

        var resumed = TrainingHealth.After(20, journal);
        Assert.Equal([18L], resumed.Spikes);
        Array.ForEach([.. losses.Index().Skip(20)], step => resumed.Next(step.Index + 1, step.Item));

        Assert.Equal([18L, 33L], resumed.Spikes);
        Assert.Equal(whole.Spikes, resumed.Spikes);
    }
}
