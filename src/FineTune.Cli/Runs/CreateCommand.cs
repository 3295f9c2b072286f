using System.CommandLine;
using FineTune.Cli.Datasets;
using FineTune.Core.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune create</c>: uploads local data, then submits the run.</summary>
public static class CreateCommand
{
    public static Command Create(CommandScope scope)
    {
        var options = new CreateOptions();
        var follow = new Option<bool>("--follow", "-f") { Description = "Show progress until the run ends." };
        var wait = new Option<bool>("--wait") { Description = "Wait silently until the run ends." };
        var command = new Command("create", "Start a fine-tuning run.") { follow, wait };
        foreach (var option in options.All)
        {
            command.Add(option);
        }

        return scope.Handle(
            command,
            (call, cancellationToken) => RunAsync(call, options.Read(call.Parse), call.Get(follow), call.Get(wait), cancellationToken));
    }

    private static async Task<int> RunAsync(Invocation call, RunRequest request, bool follow, bool wait, CancellationToken cancellationToken)
    {
        var uploads = new DatasetUploader(call.Host, new UploadDisplay(call.Terminal).Show);
        var created = await call.Host.CreateRunAsync(
            request with
            {
                TrainDataPath = await uploads.ResolveAsync("--train-data-path", request.TrainDataPath, cancellationToken),
                EvalDataPath = await uploads.ResolveAsync("--eval-data-path", request.EvalDataPath, cancellationToken),
            },
            cancellationToken);
        if (call.Json && !follow && !wait)
        {
            call.WriteJson(created);
        }
        else if (!call.Json)
        {
            var output = call.Terminal.Out;
            await output.WriteLineAsync($"Run {created.Id} is created; it registers {created.Run.RegisterTo}.");
            foreach (var warning in created.Run.Warnings)
            {
                await output.WriteLineAsync($"warning: {warning}");
            }

            if (!follow && !wait)
            {
                await output.WriteLineAsync($"Watch it: finetune watch {created.Id}");
            }
        }

        return follow || wait ? await WatchCommand.FollowAsync(call, created.Id, follow, cancellationToken) : ExitCodes.Ok;
    }
}
