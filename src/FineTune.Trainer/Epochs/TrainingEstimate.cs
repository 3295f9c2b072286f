using FineTune.Core.Training;

namespace FineTune.Trainer.Epochs;

/// <summary>How long the rest of a run's training will take, by what this delivery of an epoch has measured so far.</summary>
/// <param name="evalTokens">Of the held-out data; 0 without such.</param>
public sealed class TrainingEstimate(TrainingPlan plan, int epoch, long evalTokens)
{
    /// <summary>A forward pass alone is a third of a training step's arithmetic: the backward pass is two more.</summary>
    private const double ForwardShare = 1.0 / 3;

    private (long Steps, TimeSpan Time) since;
    private (long Steps, TimeSpan Time) mark;
    private TimeSpan perStep;

    /// <summary>From taking the job to its first step, without evaluation: downloads and loading.</summary>
    public TimeSpan Setup { get; set; }

    /// <summary>One pass over the held-out data, once measured.</summary>
    public TimeSpan? Evaluation { get; set; }

    /// <summary>The last checkpoint, once there was one.</summary>
    public TimeSpan? LastWrite { get; set; }

    /// <summary>A checkpoint. Before the first one, what bringing the model here took, which moves the same bytes.</summary>
    public TimeSpan Write => LastWrite ?? Setup;

    /// <summary>Whether enough is known: the first step alone says little.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>
    /// A step was done. The later half or more of the steps counts: the first ones allocate and compile, and what else the machine does
    /// changes. Checkpoints between steps count.
    /// </summary>
    /// <param name="steps">Of this delivery.</param>
    /// <param name="time">That they took together.</param>
    public void Stepped(long steps, TimeSpan time)
    {
        if (steps >= 2 * mark.Steps)
        {
            (since, mark) = (mark, (steps, time));
        }

        IsKnown = steps > 1;
        perStep = (time - since.Time) / (steps - since.Steps);
    }

    /// <summary>To the end of the run's training: steps, and for each epoch evaluation, its checkpoint and the next one's beginning.</summary>
    /// <param name="step">Optimizer steps of the run done.</param>
    public TimeSpan Remaining(long step)
    {
        var evaluation = Evaluation ?? perStep * ForwardShare * evalTokens / ((double)plan.Hyperparameters.BatchSize * plan.ContextLength);
        var epochs = plan.Epochs - epoch;
        return (perStep * (plan.TotalSteps - step)) + (Setup * epochs) + ((evaluation + Write) * (epochs + 1));
    }
}
