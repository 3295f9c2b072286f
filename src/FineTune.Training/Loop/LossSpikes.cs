namespace FineTune.Training.Loop;

/// <summary>A loss far above those before it.</summary>
/// <param name="Median">Of the steps before.</param>
/// <param name="Limit">That it exceeded.</param>
public sealed record LossSpike(double Loss, double Median, double Limit);

/// <summary>
/// Finds loss spikes: a loss is one when it exceeds the median of the up to 64 steps before it by more than six standard deviations, as
/// estimated by 1.4826 times the median absolute deviation (Hampel, "The influence curve and its role in robust estimation", 1974), and by
/// more than a tenth of the median. The first 16 steps only teach. Spikes themselves are part of the later windows and hardly move them.
/// </summary>
public sealed class LossSpikes
{
    public const int Window = 64;
    public const int Least = 16;
    private const double Deviations = 6;
    private const double NormalScale = 1.4826;
    private const double LeastShare = 0.1;

    private readonly Queue<double> losses = new();

    /// <summary>Takes the loss of the next step; answers the spike it is, or null.</summary>
    public LossSpike? Next(double loss)
    {
        LossSpike? spike = null;
        if (losses.Count >= Least)
        {
            var median = Median([.. losses]);
            var deviation = NormalScale * Median([.. losses.Select(seen => Math.Abs(seen - median))]);
            var limit = median + Math.Max(Deviations * deviation, LeastShare * median);
            spike = loss > limit ? new LossSpike(loss, median, limit) : null;
        }

        losses.Enqueue(loss);
        if (losses.Count > Window)
        {
            losses.Dequeue();
        }

        return spike;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
