using FineTune.Cli.Terminals;

namespace FineTune.Cli.Tests.Support;

public sealed record CliRun(int ExitCode, string Out, string Error)
{
    public IReadOnlyList<string> OutLines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs command lines in this process with captured output and no pauses.</summary>
public static class CommandLine
{
    /// <summary>Nothing listens there: port 9 (discard) of the loopback.</summary>
    public static Uri Nowhere { get; } = new("http://127.0.0.1:9");

    public static Task<CliRun> RunAsync(Uri host, params string[] args) => RunAsync(host, context => context, args);

    public static async Task<CliRun> RunAsync(Uri host, Func<CliContext, CliContext> configure, params string[] args)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var error = new StringWriter { NewLine = "\n" };
        var context = configure(new CliContext(new Terminal(TextReader.Null, output, error))
        {
            Variable = name => name == GlobalOptions.HostVariable ? host.ToString() : null,
            PollInterval = TimeSpan.Zero,
            ReconnectWindow = TimeSpan.Zero,
            StartHost = (_, _) => throw new InvalidOperationException("This test starts no host."),
        });
        var exitCode = await FineTuneCommand.RunAsync(args, context, TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}
