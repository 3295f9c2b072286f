using System.CommandLine;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune watch ID</c>: live progress until the run ends; also what <c>create --follow</c> does.</summary>
public static class WatchCommand
{
    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        return scope.Handle(
            new Command("watch", "Show a run's progress until it ends. Exit code 1 when it fails or is cancelled.") { id },
            (call, cancellationToken) => FollowAsync(call, call.Get(id), showProgress: true, cancellationToken));
    }

    /// <summary>Follows the run; with <c>--json</c> progress goes to standard error and the ended run to standard output.</summary>
    public static async Task<int> FollowAsync(Invocation call, string id, bool showProgress, CancellationToken cancellationToken)
    {
        var terminal = call.Terminal;
        var display = call.Json
            ? new ProgressDisplay(terminal.Error, terminal.ErrorIsLive, terminal.Width, call.Context.Clock)
            : new ProgressDisplay(terminal.Out, terminal.OutIsLive, terminal.Width, call.Context.Clock);
        RunView run;
        try
        {
            run = await call.Follow().FollowAsync(id, showProgress ? display.Show : null, cancellationToken);
        }
        finally
        {
            display.Close();
        }

        await call.WriteRunAsync(run);
        return RunText.ExitCode(run);
    }
}
