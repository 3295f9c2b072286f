namespace FineTune.Benchmarks;

/// <summary>Repeated measurements of one thing.</summary>
internal static class Samples
{
    /// <summary>The upper one of the two in the middle where their number is even.</summary>
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);
}
