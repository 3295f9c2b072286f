using FineTune.Core.Runs;

namespace FineTune.Core.Training;

/// <summary>Everything that decides the numbers of a training run; with the same data and machine it gives the same weights.</summary>
/// <param name="StepsPerEpoch">Optimizer steps of a whole pass over the data.</param>
/// <param name="TotalSteps">Of the run; the last epoch may be partial.</param>
/// <param name="ContextLength">Longest sequence in tokens.</param>
/// <param name="Seed">Of the shuffles.</param>
public sealed record TrainingPlan(Hyperparameters Hyperparameters, long StepsPerEpoch, long TotalSteps, int ContextLength, int Seed)
{
    public int Epochs => checked((int)((TotalSteps + StepsPerEpoch - 1) / StepsPerEpoch));

    /// <summary>First step (inclusive, from 0) and last step (exclusive) of <paramref name="epoch"/> (from 1).</summary>
    public (long First, long End) StepsOf(int epoch) =>
        ((epoch - 1) * StepsPerEpoch, Math.Min(epoch * StepsPerEpoch, TotalSteps));
}
