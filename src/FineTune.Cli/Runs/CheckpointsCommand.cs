using System.CommandLine;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune checkpoints ID</c>.</summary>
public static class CheckpointsCommand
{
    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        return scope.Handle(new Command("checkpoints", "List a run's checkpoints.") { id }, async (call, cancellationToken) =>
        {
            var checkpoints = await call.Host.CheckpointsAsync(call.Get(id), cancellationToken);
            if (call.Json)
            {
                call.WriteJson(checkpoints);
            }
            else
            {
                TextTable.Write(
                    call.Terminal.Out,
                    ["NAME", "STEP", "TRAIN LOSS", "EVAL LOSS", "PATH"],
                    checkpoints.Select(checkpoint => new[]
                    {
                        checkpoint.Name,
                        Format.Count(checkpoint.Step),
                        checkpoint.Metrics is { } metrics ? Format.Loss(metrics.TrainLoss) : "",
                        checkpoint.Metrics?.EvalLoss is { } loss ? Format.Loss(loss) : "",
                        checkpoint.Checkpoint.Folder.ToString(),
                    }));
            }

            return ExitCodes.Ok;
        });
    }
}
