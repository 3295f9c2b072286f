using System.CommandLine;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune delete ID</c>: ends the run if need be, then removes what it made; registered versions stay.</summary>
public static class DeleteCommand
{
    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        return scope.Handle(
            new Command("delete", "Remove a run and what it made, except registered versions.") { id },
            async (call, cancellationToken) =>
            {
                var run = call.Get(id);
                while (!await call.Host.DeleteRunAsync(run, cancellationToken))
                {
                    await call.Follow().PauseAsync(cancellationToken);
                }

                if (call.Json)
                {
                    call.WriteJson(new DeletedRun(run, true));
                }
                else
                {
                    await call.Terminal.Out.WriteLineAsync($"Run {run} is deleted.");
                }

                return ExitCodes.Ok;
            });
    }
}

public sealed record DeletedRun(string Id, bool Deleted);
