using FineTune.Cli.Hosting;
using FineTune.Cli.Terminals;
using FineTune.Core.Faults;
using FineTune.LocalHost.Supervision;

namespace FineTune.Cli.Models;

/// <summary>Work on weights that the trainer program does against the storage of a data folder, whether a host runs there or not.</summary>
public static class TrainerCall
{
    public static async Task<int> RunAsync(Invocation call, string directory, string name, string[] args, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await RunTrainerAsync(call, directory, args, cancellationToken);
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

    private static async Task<(int ExitCode, string Output)> RunTrainerAsync(
        Invocation call, string directory, string[] args, CancellationToken cancellationToken)
    {
        try
        {
            await using var host = await call.Context.StartHost(new HostStart(directory), cancellationToken);
            return await host.RunTrainerAsync(args, cancellationToken);
        }
        catch (FaultException held) when (held.Fault.Code == Supervisor.FolderInUse)
        {
            var outcome = await call.Host.RunTrainerAsync(args, cancellationToken);
            return (outcome.ExitCode, outcome.Output);
        }
    }
}

public sealed record ModelReady(string Name, string DataDirectory);
