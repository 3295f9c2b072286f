using FineTune.Cli.Demo;
using FineTune.Cli.Hosting;
using FineTune.Cli.Tests.Support;

namespace FineTune.Cli.Tests.Demo;

public static class DemoSamples
{
    /// <summary>A result as the demo has it, with every third recombined answer wrong when <paramref name="bad"/>.</summary>
    public static DemoResult Result(bool bad = false) => new(
        new DemoPlan(),
        new DemoStage("Continued pre-training", TestRuns.Completed("main.demo.chronicle", "run-a"), Curve(150, 6.9, 3.1)),
        new DemoStage("Instruction fine-tuning", TestRuns.Completed("main.demo.ner", "run-b"), Curve(2375, 4.0, 0.004)),
        [.. Enumerable.Range(0, 100).Select(i => new DemoAnswer($"Find names: Ada {i} <left> Rome.", Answer(i), "zq &amp e the of", Answer(i)))],
        [.. Enumerable.Range(0, 100).Select(i => new DemoAnswer($"Find names: Bo {i}.", Answer(i), null, bad && i % 3 == 0 ? "[]" : Answer(i)))],
        103.4);

    /// <summary>Falls as an exponential from <paramref name="first"/> to <paramref name="last"/> with a ripple.</summary>
    public static IReadOnlyList<LossPoint> Curve(int steps, double first, double last) =>
    [
        .. Enumerable.Range(1, steps).Select(step => new LossPoint(
            step, (last + ((first - last) * Math.Exp(-6.0 * step / steps))) * (1 + (0.25 * Math.Sin(step * 1.7))))),
    ];

    private static string Answer(int i) => $$"""[{"person":"Ada {{i}}"},{"location":"Rome"}]""";
}
