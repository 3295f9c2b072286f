using System.CommandLine;
using FineTune.Cli.Terminals;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune get ID</c>.</summary>
public static class GetCommand
{
    private const int NameColumns = 18;

    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        return scope.Handle(new Command("get", "Show a run.") { id }, async (call, cancellationToken) =>
        {
            var run = await call.Host.GetRunAsync(call.Get(id), cancellationToken);
            if (call.Json)
            {
                call.WriteJson(run);
            }
            else
            {
                Write(call.Terminal.Out, run);
            }

            return ExitCodes.Ok;
        });
    }

    private static void Write(TextWriter writer, RunView run)
    {
        writer.WriteLine(ProgressLine.Plain(run));
        Row("id", run.Id);
        Row("name", run.Name);
        Row("model", run.Model);
        Row("task type", Core.Json.WireJson.Serialize(run.TaskType).Trim('"'));
        Row("train data", run.TrainDataPath);
        Row("eval data", run.EvalDataPath);
        Row("custom weights", run.CustomWeightsPath);
        Row("training duration", run.TrainingDuration);
        Row("register to", run.RegisterTo);
        Row("registered", RunText.Registered(run));
        Row("eval loss", run.Metrics?.EvalLoss is { } loss ? Format.Loss(loss) : null);
        Row("created", Format.Time(run.CreatedAt));
        Row("ended", run.CompletedAt is { } ended ? Format.Time(ended) : null);
        Row("license", $"{run.License.Name} (accepted by: {run.License.AcceptedBy})");
        foreach (var warning in run.Warnings)
        {
            Row("warning", warning);
        }

        Row("failed because", run.Details);

        void Row(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                writer.WriteLine($"  {name.PadRight(NameColumns)}{DisplayText.OneLine(value)}");
            }
        }
    }
}
