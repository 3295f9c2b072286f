using System.Collections.Concurrent;
using System.Diagnostics;
using FineTune.Core.Faults;
using FineTune.LocalHost.Supervision;

namespace FineTune.LocalHost.Tests.Supervision;

public sealed class ChildProcessTests
{
    private readonly ConcurrentQueue<string> lines = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StopAsync_ChildWatchesItsInput_EndsByItself()
    {
        var child = await ChildProcess.StartReadyAsync(Shell.Spec(Shell.UntilInputCloses), lines.Enqueue, Token);

        await child.StopAsync();

        Assert.Equal(0, await child.Exited);
        Assert.Equal(["ready", "closing"], lines);
    }

    [Fact]
    public async Task StopAsync_ChildHandlesTheSignal_EndsByItself()
    {
        const string OnTerm = "trap 'echo closing; exit 3' TERM; echo ready; while :; do sleep 0.01; done";
        var child = await ChildProcess.StartReadyAsync(Shell.Spec(OnTerm), lines.Enqueue, Token);

        await child.StopAsync();

        Assert.Equal(3, await child.Exited);
        Assert.Equal(["ready", "closing"], lines);
    }

    [Fact]
    public async Task StopAsync_ChildIgnoresTheRequest_KilledAfterTheGrace()
    {
        var spec = Shell.Spec(Shell.Stubborn) with { Grace = TimeSpan.FromMilliseconds(1) };
        var child = await ChildProcess.StartReadyAsync(spec, lines.Enqueue, Token);

        await child.StopAsync();

        Assert.Equal(128 + 9, await child.Exited);
        Assert.False(child.Identity!.IsAlive());
    }

    [Fact]
    public async Task StartReadyAsync_EndsBeforeReady_FaultWithItsLastWords()
    {
        var failure = await Assert.ThrowsAsync<FaultException>(
            () => ChildProcess.StartReadyAsync(Shell.Spec("echo port taken >&2; exit 7"), lines.Enqueue, Token));

        Assert.Equal("child_ended", failure.Fault.Code);
        Assert.Contains("exit code 7", failure.Message, StringComparison.Ordinal);
        Assert.Contains("port taken", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartReadyAsync_NotReadyInTime_FaultAndChildGone()
    {
        var spec = Shell.Spec("echo $$; read line") with { ReadyWithin = TimeSpan.FromMilliseconds(1) };

        var failure = await Assert.ThrowsAsync<FaultException>(() => ChildProcess.StartReadyAsync(spec, lines.Enqueue, Token));

        Assert.Equal("child_not_ready", failure.Fault.Code);
        Assert.All(lines, pid => Assert.Null(ProcessIdentity.Find(int.Parse(pid, null))));
    }

    [Fact]
    public void Start_NoSuchProgram_Fault()
    {
        var spec = new ChildSpec("child", () => new ProcessStartInfo("/no/such/program"));

        Assert.Equal("child_not_started", Assert.Throws<FaultException>(() => ChildProcess.Start(spec, lines.Enqueue)).Fault.Code);
    }

    [Fact]
    public void Find_OwnProcess_AliveAndNotItsSuccessor()
    {
        var own = ProcessIdentity.Find(Environment.ProcessId)!;

        Assert.True(own.IsAlive());
        Assert.False((own with { StartedAt = "another time" }).IsAlive());
    }
}
