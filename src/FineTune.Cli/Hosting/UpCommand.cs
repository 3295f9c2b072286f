using System.CommandLine;

namespace FineTune.Cli.Hosting;

/// <summary><c>finetune up</c>: the whole service on this machine, until Ctrl-C.</summary>
public static class UpCommand
{
    public const int DefaultPort = 7071;

    public static Command Create(CommandScope scope)
    {
        var data = DataOption.Create("Where everything is kept; default a folder of the user's.");
        var port = new Option<int>("--port") { HelpName = "N", DefaultValueFactory = _ => DefaultPort, Description = "0 takes a free one." };
        var command = new Command("up", "Start the service on this machine: HTTP, workflow engine, storage and a trainer.") { data, port };
        return scope.Handle(command, (call, cancellationToken) => RunAsync(call, DataOption.Resolve(call, data), call.Get(port), cancellationToken));
    }

    private static async Task<int> RunAsync(Invocation call, string directory, int port, CancellationToken cancellationToken)
    {
        if (port is < 0 or > 65535)
        {
            throw new UsageException($"--port {port} is not a port: give 0 to 65535.");
        }

        await using var host = await call.Context.StartHost(new HostStart(directory, port, LogToConsole: true), cancellationToken);
        var output = call.Terminal.Out;
        if (call.Json)
        {
            call.WriteJson(new HostStarted(host.Address.ToString(), directory));
        }
        else
        {
            Announce(output, host.Address, directory);
        }

        await output.FlushAsync(cancellationToken);
        try
        {
            await host.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how it is meant to end.
        }

        if (!call.Json)
        {
            await output.WriteLineAsync("Stopping.");
        }

        return ExitCodes.Ok;
    }

    private static void Announce(TextWriter output, Uri address, string directory)
    {
        output.WriteLine($"FineTune is up at {address}");
        output.WriteLine($"  data        {directory}");
        output.WriteLine($"  API         {new Uri(address, "api/runs")}");
        output.WriteLine($"  health      {new Uri(address, "api/health")}");
        output.WriteLine($"In another terminal: finetune models{HostHint(address)}");
        output.WriteLine("Ctrl-C stops it; runs under way go on at the next start.");
    }

    private static string HostHint(Uri address) =>
        address.Port == DefaultPort ? "" : $" --host {address.ToString().TrimEnd('/')}";
}

public sealed record HostStarted(string Address, string DataDirectory);
