using System.Globalization;
using FineTune.Cli.Hosting;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Demo;

/// <summary>A loss curve of block characters, the loss logarithmic.</summary>
public static class LossPlot
{
    private const int Rows = 8;
    private const int Columns = 64;
    private const int LabelColumns = 8;
    private const string Blocks = " ▁▂▃▄▅▆▇█";

    public static IReadOnlyList<string> Lines(IReadOnlyList<LossPoint> curve)
    {
        var points = LossCurve.Coarsen(curve, Columns);
        if (points.Count == 0)
        {
            return [];
        }

        var (low, high) = (points.Min(point => point.Loss), points.Max(point => point.Loss));
        var heights = points.Select(point => Height(point.Loss, low, high)).ToList();
        var lines = Enumerable.Range(0, Rows).Reverse().Select(row =>
        {
            var label = row == Rows - 1 ? Format.Loss(high) : row == 0 ? Format.Loss(low) : "";
            return label.PadLeft(LabelColumns) + " │" + string.Concat(heights.Select(height => Blocks[Math.Clamp(height - (row * 8), 0, 8)])).TrimEnd();
        });
        var last = points[^1].Step.ToString("N0", CultureInfo.InvariantCulture);
        return
        [
            .. lines,
            new string(' ', LabelColumns) + " └" + new string('─', points.Count),
            new string(' ', LabelColumns + 2) + "1" + last.PadLeft(Math.Max(last.Length + 1, points.Count - 1)) + " steps",
        ];
    }

    /// <summary>In eighths of a row, at least one.</summary>
    private static int Height(double loss, double low, double high)
    {
        var share = high > low ? Math.Log(loss / low) / Math.Log(high / low) : 0;
        return 1 + (int)Math.Round(share * ((Rows * 8) - 1));
    }
}
