using System.CommandLine;
using FineTune.Cli.Terminals;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune list</c>: newest first.</summary>
public static class ListCommand
{
    public static Command Create(CommandScope scope)
    {
        var status = new Option<RunStatus[]>("--status") { Description = "Only runs of this status; may be repeated.", HelpName = "STATUS" };
        var limit = new Option<int?>("--limit") { Description = "At most so many.", HelpName = "N" };
        return scope.Handle(new Command("list", "List runs, newest first.") { status, limit }, async (call, cancellationToken) =>
        {
            var runs = await call.Host.ListRunsAsync(call.Get(status) ?? [], call.Get(limit), cancellationToken);
            if (call.Json)
            {
                call.WriteJson(runs);
            }
            else if (runs.Count == 0)
            {
                await call.Terminal.Out.WriteLineAsync("No runs. Start one with 'finetune create', or try 'finetune demo'.");
            }
            else
            {
                TextTable.Write(call.Terminal.Out, ["ID", "STATUS", "PHASE", "STEP", "LOSS", "MODEL", "REGISTERS", "CREATED"], runs.Select(Row));
            }

            return ExitCodes.Ok;
        });
    }

    private static string[] Row(RunView run) =>
    [
        run.Id,
        RunText.Status(run.Status),
        run.Phase,
        run.Progress.TotalSteps > 0 ? $"{Format.Count(run.Progress.Step)}/{Format.Count(run.Progress.TotalSteps)}" : "",
        run.Progress.Loss is { } loss ? Format.Loss(loss) : "",
        run.Model,
        run.Registered is null ? run.RegisterTo : RunText.Registered(run),
        Format.Time(run.CreatedAt),
    ];
}
