using System.CommandLine;
using FineTune.Core.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune cancel ID</c>.</summary>
public static class CancelCommand
{
    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Recorded with the run." };
        return scope.Handle(new Command("cancel", "Ask a run to end; its last checkpoint is kept.") { id, reason }, async (call, cancellationToken) =>
        {
            var run = await call.Host.CancelRunAsync(call.Get(id), call.Get(reason), cancellationToken);
            await call.WriteRunAsync(run, run.Status.HasEnded() ? "" : " It was asked to end.");
            return ExitCodes.Ok;
        });
    }
}
