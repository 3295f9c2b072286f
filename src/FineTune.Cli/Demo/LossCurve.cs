using FineTune.Cli.Hosting;

namespace FineTune.Cli.Demo;

/// <summary>A loss curve made coarse enough to draw.</summary>
public static class LossCurve
{
    /// <summary>Losses reach zero when rounded; a logarithm needs a floor.</summary>
    public const double Floor = 1e-4;

    /// <summary>At most <paramref name="count"/> points: means of equal shares of the curve, at their last step.</summary>
    public static IReadOnlyList<LossPoint> Coarsen(IReadOnlyList<LossPoint> curve, int count)
    {
        var ordered = curve.Where(point => double.IsFinite(point.Loss)).OrderBy(point => point.Step).ToList();
        if (ordered.Count <= count)
        {
            return [.. ordered.Select(point => point with { Loss = Math.Max(Floor, point.Loss) })];
        }

        return
        [
            .. Enumerable.Range(0, count)
                .Select(i => ordered[(int)((long)i * ordered.Count / count)..(int)((i + 1L) * ordered.Count / count)])
                .Select(share => new LossPoint(share[^1].Step, Math.Max(Floor, share.Average(point => point.Loss)))),
        ];
    }
}
