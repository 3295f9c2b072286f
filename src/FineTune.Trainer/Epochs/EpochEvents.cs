using System.Globalization;
using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Training.Loop;
using FineTune.Training.Models;

namespace FineTune.Trainer.Epochs;

/// <summary>What a trainer tells in the run's events. A step trained again after a crash tells the same, so it is told once.</summary>
public static class EpochEvents
{
    private const int PerEpoch = 10;

    public static RunEvent ModelInitialized(LlamaConfig config, EpochPlanning planning, DateTimeOffset time) => new(
        RunEventTypes.ModelInitialized,
        time,
        RunEventTypes.ModelInitialized,
        string.Create(CultureInfo.InvariantCulture, $"Loaded {config.Parameters:N0} parameters; training begins: {planning}"));

    /// <summary>A warning that names the step and the lines of its batch.</summary>
    public static RunEvent LossSpiked(long step, LossSpike spike, BatchOrigins origins, DateTimeOffset time)
    {
        var batch = origins.First is null ? "" : $" The batch: {origins}.";
        return new RunEvent(
            string.Create(CultureInfo.InvariantCulture, $"{RunEventTypes.Warning}-loss-spike-{step}"),
            time,
            RunEventTypes.Warning,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Step {step}: the loss is {spike.Loss:0.000}, far above the steps before (median {spike.Median:0.000}, limit {spike.Limit:0.000}).{batch}")
                + " Look at these examples, or lower the learning rate; training goes on.");
    }

    /// <summary>Progress in the origin product's words, after each tenth of the epoch's steps; null after the others.</summary>
    public static RunEvent? Progress(EpochJob job, StepReport report, TimeSpan remaining, DateTimeOffset time)
    {
        var (first, end) = job.Plan.StepsOf(job.Epoch);
        var (done, steps) = (report.Step + 1 - first, end - first);
        if (done * PerEpoch / steps == (done - 1) * PerEpoch / steps)
        {
            return null;
        }

        var minutes = Math.Ceiling(remaining.TotalMinutes);
        return new RunEvent(
            string.Create(CultureInfo.InvariantCulture, $"{RunEventTypes.TrainUpdated}-{report.Step + 1}"),
            time,
            RunEventTypes.TrainUpdated,
            string.Create(
                CultureInfo.InvariantCulture,
                $"[epoch={job.Epoch}/{job.Plan.Epochs}][batch={done}/{steps}][ETA={minutes}min] Train loss: {report.Loss:0.00}"));
    }
}
