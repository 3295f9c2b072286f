using System.Globalization;

namespace FineTune.Trainer.Epochs;

/// <summary>Sums over an epoch's steps; travels with each checkpoint, so that an epoch's figures survive its trainer.</summary>
/// <param name="LossSum">Of the mean losses of the steps.</param>
/// <param name="Steps">Optimizer steps of the epoch done.</param>
/// <param name="Tokens">Tokens seen, padding excluded.</param>
/// <param name="Seconds">Time in training, lost work excluded.</param>
public sealed record EpochTally(double LossSum, long Steps, long Tokens, double Seconds, double? InitialEvalLoss)
{
    public static EpochTally Zero { get; } = new(0, 0, 0, 0, null);

    public double MeanLoss => Steps == 0 ? 0 : LossSum / Steps;

    public IReadOnlyDictionary<string, string> ToProperties(long step) => new Dictionary<string, string>
    {
        ["step"] = step.ToString(CultureInfo.InvariantCulture),
        ["loss_sum"] = LossSum.ToString("R", CultureInfo.InvariantCulture),
        ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
        ["tokens"] = Tokens.ToString(CultureInfo.InvariantCulture),
        ["seconds"] = Seconds.ToString("R", CultureInfo.InvariantCulture),
        ["initial_eval_loss"] = InitialEvalLoss?.ToString("R", CultureInfo.InvariantCulture) ?? "",
    };

    public static EpochTally FromProperties(IReadOnlyDictionary<string, string> properties) => new(
        Number(properties["loss_sum"]),
        long.Parse(properties["steps"], CultureInfo.InvariantCulture),
        long.Parse(properties["tokens"], CultureInfo.InvariantCulture),
        Number(properties["seconds"]),
        properties["initial_eval_loss"] is { Length: > 0 } loss ? Number(loss) : null);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
