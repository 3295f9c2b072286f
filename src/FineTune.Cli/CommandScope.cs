using System.CommandLine;
using System.Text.Json;
using FineTune.Api;
using FineTune.Cli.Hosting;
using FineTune.Cli.Terminals;
using FineTune.Core.Faults;
using FineTune.Core.Json;

namespace FineTune.Cli;

/// <summary>What the commands of one command line share; gives each its <see cref="Invocation"/> and turns its errors into exit codes.</summary>
public sealed record CommandScope(CliContext Context, GlobalOptions Global)
{
    public Command Handle(Command command, Func<Invocation, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var invocation = new Invocation(Context, Global, parse);
            try
            {
                return await action(invocation, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCodes.Interrupted;
            }
            catch (UsageException wrong)
            {
                return Report(invocation, ExitCodes.Refused, "usage", wrong.Message);
            }
            catch (RefusedException refused)
            {
                return Report(invocation, ExitCodes.Refused, refused.Response);
            }
            catch (FaultException refused)
            {
                var code = refused.Fault.Attribution == FaultAttribution.Caller ? ExitCodes.Refused : ExitCodes.Failed;
                return Report(invocation, code, FaultResponse.Of(refused.Fault));
            }
            catch (HostUnavailableException unavailable)
            {
                return Report(invocation, ExitCodes.HostUnavailable, "host", unavailable.Message);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or JsonException)
            {
                return Report(invocation, ExitCodes.Failed, "command", failed.Message);
            }
        });
        return command;
    }

    private static int Report(Invocation invocation, int exitCode, string phase, string message) =>
        Report(invocation, exitCode, FaultResponse.Of(Fault.Caller(phase, "failed", message)));

    private static int Report(Invocation invocation, int exitCode, FaultResponse response)
    {
        var terminal = invocation.Terminal;
        if (invocation.Json)
        {
            terminal.Error.WriteLine(WireJson.Serialize(response));
        }
        else
        {
            FaultText.Write(terminal.Error, response, invocation.OptionNames);
        }

        return exitCode;
    }
}

/// <summary>A command line that parses but makes no sense; the message says how to mend it.</summary>
public sealed class UsageException(string message) : Exception(message);
