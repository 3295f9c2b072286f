using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary>Shows progress: one line redrawn when <paramref name="live"/>, otherwise a line where something worth one happened.</summary>
public sealed class ProgressDisplay(TextWriter writer, bool live, int columns, TimeProvider clock)
{
    private const int PlainLinesPerRun = 20;
    private const string ClearLine = "\r\u001b[2K";
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(30);

    private RunView? last;
    private long lastAt;
    private bool open;

    public void Show(RunView run)
    {
        if (live)
        {
            writer.Write(ClearLine + ProgressLine.Live(run, columns - 1));
            open = true;
        }
        else if (last is null || IsWorthALine(last, run))
        {
            writer.WriteLine(ProgressLine.Plain(run));
            (last, lastAt) = (run, clock.GetTimestamp());
        }

        writer.Flush();
        if (run.Status.HasEnded())
        {
            Close();
        }
    }

    /// <summary>Ends a line that is being redrawn, so that other text can follow.</summary>
    public void Close()
    {
        if (open)
        {
            writer.Write(ClearLine);
            open = false;
        }
    }

    private bool IsWorthALine(RunView shown, RunView run) =>
        shown.Status != run.Status
        || shown.Phase != run.Phase
        || shown.Progress.Epoch != run.Progress.Epoch
        || (run.Progress.Step - shown.Progress.Step) * PlainLinesPerRun >= Math.Max(1, run.Progress.TotalSteps)
        || (run.Progress.Step != shown.Progress.Step && clock.GetElapsedTime(lastAt) >= PlainInterval);
}
