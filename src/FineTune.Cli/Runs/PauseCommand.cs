using System.CommandLine;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune pause ID</c> and <c>finetune resume ID</c>.</summary>
public static class PauseCommand
{
    public static Command Create(CommandScope scope) => Create(
        scope, "pause", "Hold a run: its trainer keeps a checkpoint and is free for others.", (host, id, end) => host.PauseRunAsync(id, end));

    public static Command CreateResume(CommandScope scope) => Create(
        scope, "resume", "Let a paused run go on from its checkpoint.", (host, id, end) => host.ResumeRunAsync(id, end));

    private static Command Create(
        CommandScope scope, string name, string description, Func<Hosting.HostClient, string, CancellationToken, Task<RunView>> ask)
    {
        var id = RunIdArgument.Create();
        return scope.Handle(new Command(name, description) { id }, async (call, cancellationToken) =>
        {
            var run = await ask(call.Host, call.Get(id), cancellationToken);
            await call.WriteRunAsync(run);
            return ExitCodes.Ok;
        });
    }
}
