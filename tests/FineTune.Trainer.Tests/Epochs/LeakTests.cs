using FineTune.Trainer.Tests.Support;

namespace FineTune.Trainer.Tests.Epochs;

/// <summary>Runs while no other test does: it looks at the whole process.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests : IDisposable
{
    private const int Steps = 200;
    private const int Settled = 50;

    private readonly TrainerLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public async Task Run_TwoHundredSteps_MemoryStaysBounded()
    {
        lab.Options = lab.Options with { CheckpointInterval = TimeSpan.FromHours(1) };
        await lab.TrainAsync(await lab.PrepareAsync(steps: Steps));

        var steps = await lab.Journal.ReadMetricsAsync();
        Assert.Equal(Steps, steps.Count);
        Assert.Equal(steps[Settled].EngineBytes, steps[^1].EngineBytes);

        // A leak of 200 kB a step, a small part of what one allocates and gives back, would show.
        Assert.InRange(steps[^1].RssBytes!.Value - steps[Settled].RssBytes!.Value, long.MinValue, 30 << 20);
    }
}
