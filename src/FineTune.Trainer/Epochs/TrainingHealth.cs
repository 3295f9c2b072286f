using FineTune.Core.Runs;
using FineTune.Training.Loop;

namespace FineTune.Trainer.Epochs;

/// <summary>Watches a run's losses. What earlier epochs and deliveries saw counts too, so that where training was cut makes no difference.</summary>
public sealed class TrainingHealth
{
    private readonly LossSpikes losses = new();
    private readonly List<long> spikes = [];

    /// <summary>Steps of the run at which the loss spiked.</summary>
    public IReadOnlyList<long> Spikes => spikes;

    /// <summary>Goes on behind step <paramref name="done"/> with what the run's journal has of the steps before.</summary>
    public static TrainingHealth After(long done, RunJournal journal)
    {
        var health = new TrainingHealth();
        foreach (var step in done == 0 ? [] : journal.ReadMetricsAsync().GetAwaiter().GetResult().Where(step => step.Step <= done))
        {
            health.Next(step.Step, step.Loss);
        }

        return health;
    }

    /// <summary>Takes the loss of the next step; answers the spike it is, or null.</summary>
    public LossSpike? Next(long step, double loss)
    {
        var spike = losses.Next(loss);
        if (spike is not null)
        {
            spikes.Add(step);
        }

        return spike;
    }
}
