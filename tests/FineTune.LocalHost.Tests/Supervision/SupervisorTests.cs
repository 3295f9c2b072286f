using System.Diagnostics;
using System.Threading.Channels;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.LocalHost.Supervision;
using FineTune.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.LocalHost.Tests.Supervision;

public sealed class SupervisorTests : IDisposable
{
    private static readonly RestartPolicy AtOnce = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.MaxValue);
    private readonly TemporaryFolder data = new();
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task StartAsync_ChildKilled_StartedAgain()
    {
        await using var supervisor = await OpenAsync();
        await supervisor.StartAsync(Telling("echo $$; echo ready; read line"), Token);
        var first = int.Parse(await lines.Reader.ReadAsync(Token), null);
        Assert.Equal("ready", await lines.Reader.ReadAsync(Token));

        Process.GetProcessById(first).Kill();

        var second = int.Parse(await lines.Reader.ReadAsync(Token), null);
        Assert.NotEqual(first, second);
        var status = await Eventually.AnswersAsync(
            () => Task.FromResult(supervisor.Children[0] is { Pid: { } pid } now && pid == second ? now : null), Token);
        Assert.True(status.Restarts <= 1);
    }

    [Fact]
    public async Task StartAsync_SecondStartFailsToo_TriedUntilItSucceeds()
    {
        var marker = data["deaths"];
        await using var supervisor = await OpenAsync();
        var script = $"""
            echo x >> '{marker}'
            case $(wc -l < '{marker}') in
              1) echo ready; exit 1 ;;
              2|3) exit 1 ;;
              *) echo up; echo ready; read line ;;
            esac
            """;

        await supervisor.StartAsync(Telling(script), Token);

        while (await lines.Reader.ReadAsync(Token) != "up")
        {
        }

        Assert.Equal(4, (await File.ReadAllLinesAsync(marker, Token)).Length);
    }

    [Fact]
    public async Task DisposeAsync_TwoChildren_StoppedInReverseOrderAndForgotten()
    {
        var order = data["order"];
        var supervisor = await OpenAsync();
        foreach (var role in new[] { "storage", "trainer" })
        {
            await supervisor.StartAsync(Shell.Spec($"trap '' TERM; echo ready; read line; echo {role} >> '{order}'", role), Token);
        }

        Assert.Equal(2, Recorded().Count);
        await supervisor.DisposeAsync();

        Assert.Equal(["trainer", "storage"], await File.ReadAllLinesAsync(order, Token));
        Assert.Empty(Recorded());
    }

    [Fact]
    public async Task StartAsync_Output_GoesToTheLogFile()
    {
        await using (var supervisor = await OpenAsync())
        {
            await supervisor.StartAsync(Shell.Spec("echo ready; echo to stderr >&2; read line", "trainer"), Token);
        }

        Assert.Equal(["ready", "to stderr"], (await File.ReadAllLinesAsync(data["logs/trainer.log"], Token)).Order());
    }

    [Fact]
    public async Task StartAsync_ChildNeverReady_FaultAndNothingRecorded()
    {
        await using var supervisor = await OpenAsync();

        await Assert.ThrowsAsync<FaultException>(() => supervisor.StartAsync(Shell.Spec("exit 1"), Token));

        Assert.Empty(supervisor.Children);
        Assert.Empty(Recorded());
    }

    [Fact]
    public async Task OpenAsync_FolderInUse_RefusedUntilGivenFree()
    {
        var first = await OpenAsync();

        var refused = await Assert.ThrowsAsync<FaultException>(OpenAsync);
        await first.DisposeAsync();

        Assert.Equal("data_folder_in_use", refused.Fault.Code);
        Assert.Contains(data.Root, refused.Message, StringComparison.Ordinal);
        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task OpenAsync_KilledPredecessorLeftAChild_EndedFirst()
    {
        var orphan = await OrphanAsync("echo $$; exec sleep 1000");
        await RecordAsync(orphan);
        Assert.True(orphan.IsAlive());

        await using var supervisor = await OpenAsync();

        Assert.False(orphan.IsAlive());
    }

    [Fact]
    public async Task OpenAsync_PidGivenToAnother_LeftAlone()
    {
        var innocent = await OrphanAsync("echo $$; exec sleep 1000");
        await RecordAsync(innocent with { StartedAt = "some other time" });

        await using var supervisor = await OpenAsync();

        Assert.True(innocent.IsAlive());
        Process.GetProcessById(innocent.Pid).Kill();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{\"role\":")]
    public async Task OpenAsync_RecordUnreadable_StartsAllTheSame(string record)
    {
        data.With("processes.json", record);

        await using var supervisor = await OpenAsync();

        Assert.Empty(supervisor.Children);
    }

    /// <summary>A process whose parent was killed, as the children of a host after <c>kill -9</c>.</summary>
    private static async Task<ProcessIdentity> OrphanAsync(string script)
    {
        using var parent = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"/bin/sh -c \"$0\" & wait", script]) { RedirectStandardOutput = true })!;
        var pid = int.Parse((await parent.StandardOutput.ReadLineAsync(Token))!, null);
        parent.Kill();
        await parent.WaitForExitAsync(Token);
        return ProcessIdentity.Find(pid)!;
    }

    private Task RecordAsync(ProcessIdentity process) =>
        File.WriteAllTextAsync(data["processes.json"], WireJson.Serialize(new[] { new LedgerEntry("trainer", process) }), Token);

    private List<LedgerEntry> Recorded() =>
        File.Exists(data["processes.json"]) ? WireJson.Deserialize<List<LedgerEntry>>(File.ReadAllText(data["processes.json"])) : [];

    private Task<Supervisor> OpenAsync() => Supervisor.OpenAsync(data.Root, NullLoggerFactory.Instance, AtOnce, cancellationToken: Token);

    /// <summary>A child whose lines the test reads.</summary>
    private ChildSpec Telling(string script) => Shell.Spec(script) with
    {
        IsReady = line =>
        {
            lines.Writer.TryWrite(line);
            return line == "ready";
        },
    };
}
