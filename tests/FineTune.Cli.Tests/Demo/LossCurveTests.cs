using FineTune.Cli.Demo;
using FineTune.Cli.Hosting;

namespace FineTune.Cli.Tests.Demo;

public sealed class LossCurveTests
{
    [Fact]
    public void Coarsen_LongCurve_AveragesEqualShares()
    {
        LossPoint[] curve = [new(4, 1), new(1, 8), new(2, 4), new(3, 3), new(5, double.NaN)];

        Assert.Equal([new LossPoint(2, 6), new LossPoint(4, 2)], LossCurve.Coarsen(curve, 2));
    }

    [Fact]
    public void Coarsen_ZeroLoss_StaysAboveTheFloor() =>
        Assert.Equal([new LossPoint(1, LossCurve.Floor)], LossCurve.Coarsen([new LossPoint(1, 0)], 10));

    [Fact]
    public void Lines_FallingCurve_FallsFromTheTopRowToTheBottom()
    {
        var lines = LossPlot.Lines(DemoSamples.Curve(2375, 4, 0.004));

        Assert.Equal(10, lines.Count);
        Assert.Contains("│█", lines[0], StringComparison.Ordinal);
        Assert.True(lines[0].Length < 20, lines[0]);
        Assert.Equal(8 + 2 + 64, lines[7].Length);
        Assert.EndsWith("2,375 steps", lines[9], StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_FlatOrEmptyCurve_IsDrawnAllTheSame()
    {
        Assert.Empty(LossPlot.Lines([]));
        Assert.Contains("▁▁", LossPlot.Lines([new LossPoint(1, 2), new LossPoint(2, 2)])[7], StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Curve_StaysInsideThePicture()
    {
        var svg = LossChart.Render(new DemoStage("A & B", Support.TestRuns.Completed(), DemoSamples.Curve(2375, 4, 0.004)));

        var document = System.Xml.Linq.XDocument.Parse(svg);
        var points = document.Descendants("polyline").SelectMany(line => line.Attribute("points")!.Value.Split(' ', ',')).ToList();
        Assert.Equal(2 * (400 + 60), points.Count);
        Assert.All(points, number => Assert.InRange(double.Parse(number, System.Globalization.CultureInfo.InvariantCulture), 0, 560));
        Assert.StartsWith("A & B: loss from ", document.Root!.Attribute("aria-label")!.Value, StringComparison.Ordinal);
    }
}
