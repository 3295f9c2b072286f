using System.Globalization;
using System.Net;
using System.Text;
using FineTune.Cli.Hosting;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Demo;

/// <summary>A loss curve as inline SVG, the loss logarithmic; colours come from the page's style.</summary>
public static class LossChart
{
    private const int Width = 560;
    private const int Height = 260;
    private const int Left = 52;
    private const int Right = 14;
    private const int Top = 12;
    private const int Bottom = 34;
    private const int FinePoints = 400;
    private const int SmoothPoints = 60;
    private const int StepTicks = 5;

    public static string Render(DemoStage stage)
    {
        var fine = LossCurve.Coarsen(stage.Losses, FinePoints);
        if (fine.Count == 0)
        {
            return "<p>No loss was recorded.</p>";
        }

        var low = fine.Min(point => point.Loss) * 0.9;
        var high = fine.Max(point => point.Loss) * 1.1;
        var lastStep = Math.Max(2, fine[^1].Step);
        var label = $"{stage.Title}: loss from {Format.Loss(fine[0].Loss)} to {Format.Loss(fine[^1].Loss)} in {Format.Count(lastStep)} steps";
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(label)}\">"));
        foreach (var loss in LossTicks(low, high))
        {
            svg.Append(Invariant($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(loss):F1}\" y2=\"{Y(loss):F1}\"/>"));
            svg.Append(Invariant($"<text x=\"{Left - 8}\" y=\"{Y(loss) + 4:F1}\" text-anchor=\"end\">{loss:0.####}</text>"));
        }

        for (var tick = 0; tick <= StepTicks; tick++)
        {
            var step = tick == 0 ? 1 : lastStep * tick / StepTicks;
            var anchor = tick == 0 ? "start" : tick == StepTicks ? "end" : "middle";
            svg.Append(Invariant($"<text x=\"{X(step):F1}\" y=\"{Height - Bottom + 20}\" text-anchor=\"{anchor}\">{step:N0}</text>"));
        }

        svg.Append(Line("fine", fine)).Append(Line("smooth", LossCurve.Coarsen(stage.Losses, SmoothPoints)));
        return svg.Append("</svg>").ToString();

        double X(double step) => Left + ((step - 1) / (lastStep - 1.0) * (Width - Left - Right));
        double Y(double loss) => Top + (Math.Log(high / loss) / Math.Log(high / low) * (Height - Top - Bottom));
        string Line(string kind, IReadOnlyList<LossPoint> points) =>
            $"<polyline class=\"{kind}\" points=\"{string.Join(' ', points.Select(point => Invariant($"{X(point.Step):F1},{Y(point.Loss):F1}")))}\"/>";
    }

    /// <summary>The ones of every decade between; in a narrower range also the twos and fives, or every digit.</summary>
    private static IEnumerable<double> LossTicks(double low, double high)
    {
        double[] digits = (high / low) switch { > 200 => [1], > 8 => [1, 2, 5], _ => [1, 2, 3, 4, 5, 6, 7, 8, 9] };
        for (var decade = Math.Floor(Math.Log10(low)); decade <= Math.Ceiling(Math.Log10(high)); decade++)
        {
            foreach (var tick in digits.Select(digit => digit * Math.Pow(10, decade)).Where(tick => tick >= low && tick <= high))
            {
                yield return tick;
            }
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
