using FineTune.Cli.Hosting;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Models;

/// <summary>Work on weights that the trainer program does against the storage of a data folder.</summary>
public static class TrainerCall
{
    public static async Task<int> RunAsync(Invocation call, string directory, string name, string[] args, CancellationToken cancellationToken)
    {
        await using var host = await call.Context.StartHost(new HostStart(directory), cancellationToken);
        var (exitCode, output) = await host.RunTrainerAsync(args, cancellationToken);
        if (exitCode != 0)
        {
            await call.Terminal.Error.WriteLineAsync($"error: the trainer could not do it (exit code {exitCode}): {DisplayText.Lines(output.Trim())}");
            return ExitCodes.Failed;
        }

        if (call.Json)
        {
            call.WriteJson(new ModelReady(name, directory));
        }
        else
        {
            await call.Terminal.Out.WriteLineAsync($"{name} is ready: finetune create --model {name} …");
        }

        return ExitCodes.Ok;
    }
}

public sealed record ModelReady(string Name, string DataDirectory);
