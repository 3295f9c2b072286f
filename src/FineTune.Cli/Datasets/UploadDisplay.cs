using FineTune.Cli.Terminals;

namespace FineTune.Cli.Datasets;

/// <summary>Shows uploads on standard error: redrawn on a terminal, otherwise one line a file.</summary>
public sealed class UploadDisplay(Terminal terminal)
{
    private const string ClearLine = "\r\u001b[2K";

    public void Show(UploadProgress progress)
    {
        var name = DisplayText.OneLine(progress.File);
        if (progress.IsComplete)
        {
            terminal.Error.WriteLine($"{(terminal.ErrorIsLive ? ClearLine : "")}Uploaded {name} ({Format.Bytes(progress.Total)})");
        }
        else if (terminal.ErrorIsLive)
        {
            var text = $"Uploading {name} {Format.Bytes(progress.Sent)} of {Format.Bytes(progress.Total)}";
            terminal.Error.Write(ClearLine + DisplayText.Fit(text, terminal.Width - 1));
        }
    }
}
