using System.CommandLine;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune restart ID</c>.</summary>
public static class RestartCommand
{
    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        var checkpoint = new Option<string?>("--checkpoint") { HelpName = "NAME", Description = "E.g. ep2; default the newest." };
        var command = new Command("restart", "Start a new run that goes on from a checkpoint of an ended one.") { id, checkpoint };
        return scope.Handle(command, async (call, cancellationToken) =>
        {
            var created = await call.Host.RestartRunAsync(call.Get(id), call.Get(checkpoint), cancellationToken);
            await call.WriteRunAsync(created.Run);
            return ExitCodes.Ok;
        });
    }
}
