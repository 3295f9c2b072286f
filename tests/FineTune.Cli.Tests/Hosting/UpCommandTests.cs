using FineTune.Cli.Hosting;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Faults;

namespace FineTune.Cli.Tests.Hosting;

public sealed class UpCommandTests
{
    [Fact]
    public async Task Up_Started_SaysWhereThingsAreAndStopsTheHost()
    {
        var local = new FakeLocalHost(new Uri("http://127.0.0.1:8123"));
        HostStart? asked = null;

        var run = await CommandLine.RunAsync(
            CommandLine.Nowhere,
            context => context with
            {
                StartHost = (start, cancellationToken) =>
                {
                    asked = start;
                    return local.Start(start, cancellationToken);
                },
            },
            "up", "--data", "some/where", "--port", "8123");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal(new HostStart(Path.GetFullPath("some/where"), 8123, LogToConsole: true), asked);
        Assert.Contains("FineTune is up at http://127.0.0.1:8123/", run.Out, StringComparison.Ordinal);
        Assert.Contains(Path.GetFullPath("some/where"), run.Out, StringComparison.Ordinal);
        Assert.Contains("finetune models --host http://127.0.0.1:8123", run.Out, StringComparison.Ordinal);
        Assert.True(local.IsDisposed);
    }

    [Fact]
    public async Task Up_HostCannotStart_ShowsTheFault()
    {
        var taken = new FaultException(Fault.Caller("start", "port_taken", "Port 7071 is taken. Choose another with --port.", "port"));

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, context => context with { StartHost = (_, _) => throw taken }, "up");

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Equal("error: Port 7071 is taken. Choose another with --port.\n  field port, option --port\n", run.Error);
    }
}
