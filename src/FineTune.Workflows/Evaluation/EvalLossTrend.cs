using System.Globalization;

namespace FineTune.Workflows.Evaluation;

/// <summary>How the eval loss went, in nats per trained token.</summary>
/// <param name="Initial">Before training; null where it wasn't measured.</param>
/// <param name="Last">After the last epoch.</param>
/// <param name="Best">The lowest after any epoch.</param>
/// <param name="BestCheckpoint">The checkpoint with that loss.</param>
public sealed record EvalLossTrend(double? Initial, double Last, double Best, string BestCheckpoint)
{
    /// <summary>A smaller rise is the noise of a small eval set.</summary>
    private const double Noise = 0.01;

    public bool IsAboveInitial => Initial is { } initial && Last > initial * (1 + Noise);

    public bool IsAboveBest => Last > Best * (1 + Noise);

    /// <summary>Null without evaluation data.</summary>
    public static EvalLossTrend? Of(IReadOnlyList<EpochEvaluation> epochs)
    {
        if (epochs[^1].Metrics?.EvalLoss is not { } last)
        {
            return null;
        }

        var best = epochs.Where(epoch => epoch.Metrics?.EvalLoss is not null).MinBy(epoch => epoch.Metrics!.EvalLoss)!;
        return new EvalLossTrend(epochs[0].Metrics?.InitialEvalLoss, last, best.Metrics!.EvalLoss!.Value, best.Checkpoint);
    }

    /// <summary>What a user should know and do; null while all is well.</summary>
    public string? Warning() => (IsAboveInitial, IsAboveBest) switch
    {
        (true, false) => Text($"The eval loss rose from {Initial:F4} before training to {Last:F4}. {TrainingAdvice.FewerEpochs}"),
        (true, true) => Text(
            $"The eval loss rose from {Initial:F4} before training to {Last:F4}; it was lowest after {BestCheckpoint} ({Best:F4}). {TrainingAdvice.FewerEpochs}"),
        (false, true) => Text($"The eval loss was lowest after {BestCheckpoint} ({Best:F4}) and rose to {Last:F4}. {TrainingAdvice.FewerEpochs}"),
        _ => null,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
