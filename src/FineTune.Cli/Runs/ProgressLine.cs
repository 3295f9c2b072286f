using FineTune.Cli.Terminals;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary>A run's progress in one line.</summary>
public static class ProgressLine
{
    private const int BarColumns = 20;
    private const string Eighths = " ▏▎▍▌▋▊▉";

    /// <summary>With a bar, for a line that is redrawn.</summary>
    public static string Live(RunView run, int columns)
    {
        var bar = run.Progress is { Step: > 0, TotalSteps: > 0 } && !run.Status.HasEnded()
            ? $"▕{Bar(run.Progress.Step / (double)run.Progress.TotalSteps)}▏ "
            : "";
        return DisplayText.Fit(bar + Plain(run), columns);
    }

    /// <summary>E.g. <c>RUNNING train_epoch · epoch 1/2 · step 120/400 · loss 0.1234 · 9,120 tok/s · ETA 1m 12s</c>.</summary>
    public static string Plain(RunView run)
    {
        var progress = run.Progress;
        var parts = new List<string> { $"{RunText.Status(run.Status)} {run.Phase}" };
        if (progress.Epoch > 0)
        {
            parts.Add($"epoch {progress.Epoch}/{progress.Epochs}");
            parts.Add($"step {Format.Count(progress.Step)}/{Format.Count(progress.TotalSteps)}");
        }

        Add(parts, progress.QueuePosition, place => $"place {Format.Count(place)} in the queue");
        if (progress.Loss is { } loss)
        {
            parts.Add($"loss {Format.Loss(loss)}");
        }

        if (!run.Status.HasEnded() && progress.Epoch > 0)
        {
            Add(parts, progress.TokensPerSecond, speed => $"{Format.Count(speed)} tok/s");
            Add(parts, progress.EtaSeconds, seconds => $"ETA {Format.Duration(seconds)}");
        }

        return string.Join(" · ", parts);
    }

    /// <param name="fraction">0 to 1; values outside are taken as the nearer end.</param>
    public static string Bar(double fraction)
    {
        var eighths = (int)Math.Round(Math.Clamp(fraction, 0, 1) * BarColumns * 8);
        var full = eighths / 8;
        var bar = new string('█', full) + (eighths % 8 > 0 ? Eighths[eighths % 8].ToString() : "");
        return bar.PadRight(BarColumns);
    }

    private static void Add(List<string> parts, double? value, Func<double, string> text)
    {
        if (value is { } known)
        {
            parts.Add(text(known));
        }
    }
}
