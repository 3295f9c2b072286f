using FineTune.Core.Runs;

namespace FineTune.Core.Training;

/// <summary>Everything that decides the numbers of a training run; with the same data and machine it gives the same weights.</summary>
/// <param name="StepsPerEpoch">Optimizer steps of a whole pass over the data.</param>
/// <param name="TotalSteps">Of the run; the last epoch may be partial.</param>
/// <param name="ContextLength">Longest sequence in tokens, and what sequences are packed to.</param>
/// <param name="Seed">Of the shuffles and of what is held out.</param>
/// <param name="HeldOut">Sequences of the training data that are not trained on but evaluated; 0 when there is evaluation data.</param>
public sealed record TrainingPlan(
    Hyperparameters Hyperparameters, long StepsPerEpoch, long TotalSteps, int ContextLength, int Seed, long HeldOut = 0)
{
    public int Epochs => checked((int)((TotalSteps + StepsPerEpoch - 1) / StepsPerEpoch));

    /// <summary>First step (inclusive, from 0) and last step (exclusive) of <paramref name="epoch"/> (from 1).</summary>
    public (long First, long End) StepsOf(int epoch) =>
        ((epoch - 1) * StepsPerEpoch, Math.Min(epoch * StepsPerEpoch, TotalSteps));
}
