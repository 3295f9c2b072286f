using FineTune.Cli.Runs;
using FineTune.Cli.Terminals;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Runs;

namespace FineTune.Cli.Tests.Runs;

public sealed class ProgressDisplayTests
{
    private const string Clear = "\r\u001b[2K";

    [Fact]
    public void Show_OnATerminal_RedrawsOneLineWithinTheWidth()
    {
        using var writer = new StringWriter();
        var display = new ProgressDisplay(writer, live: true, columns: 60, new ManualClock());

        display.Show(TestRuns.Create(RunStatus.Running, step: 100));
        display.Show(TestRuns.Create(RunStatus.Running, step: 101));
        display.Show(TestRuns.Completed());

        var drawn = writer.ToString().Split(Clear);
        Assert.Equal("", drawn[0]);
        Assert.StartsWith("▕█████               ▏ RUNNING train_epoch · epoch 1/2", drawn[1], StringComparison.Ordinal);
        Assert.All(drawn, line => Assert.True(DisplayText.Width(line) < 60, line));
        Assert.Equal("", drawn[^1]);
        Assert.DoesNotContain('\n', writer.ToString());
    }

    [Fact]
    public void Show_Queued_TellsThePlace()
    {
        using var writer = new StringWriter();
        var run = TestRuns.Create(RunStatus.Queued);
        new ProgressDisplay(writer, live: false, columns: 80, new ManualClock()).Show(run with { Progress = run.Progress with { QueuePosition = 3 } });

        Assert.StartsWith("QUEUED train_epoch · place 3 in the queue", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Show_Plain_WritesFewLinesUnlessTimePasses()
    {
        using var writer = new StringWriter();
        var clock = new ManualClock();
        var display = new ProgressDisplay(writer, live: false, columns: 60, clock);

        foreach (var step in Enumerable.Range(1, 400))
        {
            display.Show(TestRuns.Create(RunStatus.Running, step: step));
        }

        Assert.InRange(Lines(writer), 10, 21);
        display.Show(TestRuns.Create(RunStatus.Running, step: 399));
        var before = Lines(writer);
        clock.Advance(TimeSpan.FromSeconds(31));
        display.Show(TestRuns.Create(RunStatus.Running, step: 399));
        Assert.Equal(before + 1, Lines(writer));
        Assert.DoesNotContain('\u001b', writer.ToString());
    }

    [Theory]
    [InlineData(-1, "                    ")]
    [InlineData(0.5, "██████████          ")]
    [InlineData(0.53125, "██████████▋         ")]
    [InlineData(7, "████████████████████")]
    public void Bar_AnyFraction_IsTwentyColumns(double fraction, string bar) => Assert.Equal(bar, ProgressLine.Bar(fraction));

    private static int Lines(StringWriter writer) => writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
