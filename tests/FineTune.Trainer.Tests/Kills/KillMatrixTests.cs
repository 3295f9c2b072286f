using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Testing.Faults;
using FineTune.Workflows.Runs;

namespace FineTune.Trainer.Tests.Kills;

/// <summary>
/// Kills host or trainer before and after each of their side effects, one by one, and starts it again: in the end everything must be as if
/// nothing had happened. The points of death are those an undisturbed run records. A part of them is tried, all with
/// <c>FINETUNE_KILL_MATRIX=all</c>.
/// </summary>
public sealed class KillMatrixTests(ITestOutputHelper output)
{
    private const string Id = "run-key-1";
    private static readonly bool All = Environment.GetEnvironmentVariable("FINETUNE_KILL_MATRIX") == "all";

    /// <summary>Two epochs with held-out data and prompts; in the first, the trainer is asked to end and hands its message back.</summary>
    [Fact]
    public Task WholeRun_KilledAnywhere_EndsAsUndisturbed() => KillEverywhereAsync(RunStatus.Completed, tried: 40, async cluster =>
    {
        cluster.OnStepCheckpoint = Once("ep0001-a1/step-0000000002", cluster.StopTrainer);
        await cluster.CreateAsync(Id);
        await cluster.RunAsync(Id);
        return await cluster.StateAsync(Id);
    });

    /// <summary>Paused while it trains, and resumed by the user when nothing moves any more.</summary>
    [Fact]
    public Task PausedRun_KilledAnywhere_EndsAsUndisturbed() => KillEverywhereAsync(RunStatus.Completed, tried: 10, async cluster =>
    {
        cluster.OnStepCheckpoint = Once("ep0001-a1/step-0000000001", () =>
        {
            cluster.Ask(host => host.Runs.PauseAsync(host.Client, Id));
            cluster.Beat();
        });
        await cluster.CreateAsync(Id);
        await cluster.RunAsync(Id);
        return await cluster.StateAsync(Id);
    });

    /// <summary>How far it got depends on who died; that it is cancelled, with a checkpoint that can be used, does not.</summary>
    [Fact]
    public Task CanceledRun_KilledAnywhere_EndsCanceledWithACheckpoint() => KillEverywhereAsync(RunStatus.Canceled, tried: 10, async cluster =>
    {
        cluster.OnStepCheckpoint = Once("ep0001-a1/step-0000000001", () =>
        {
            cluster.Ask(host => host.Runs.CancelAsync(host.Client, Id, "enough"));
            cluster.Beat();
        });
        await cluster.CreateAsync(Id);
        await cluster.RunAsync(Id);
        var run = await cluster.AskAsync(host => host.Runs.GetAsync(host.Client, Id));
        var records = await cluster.AskAsync(host => host.Runs.CheckpointsAsync(Id));
        await cluster.RequireIntactAsync(Assert.Single(records).Checkpoint);
        return $"{run!.Status}, registered {run.Registered}";
    });

    /// <summary>From the first epoch's checkpoint of an ended run.</summary>
    [Fact]
    public Task RestartedRun_KilledAnywhere_EndsAsUndisturbed() => KillEverywhereAsync(RunStatus.Completed, tried: 10, async cluster =>
    {
        const string Again = "run-key-2";
        cluster.Plan.Armed = false;
        await cluster.CreateAsync(Id);
        await cluster.RunAsync(Id);
        cluster.Plan.Armed = true;
        await cluster.AskAsync(host => host.Runs.RestartAsync(host.Client, Id, "ep1", Again));
        await cluster.RunAsync(Again);
        return await cluster.StateAsync(Again);
    });

    [Fact]
    public Task RefusedRun_KilledAnywhere_EndsAsUndisturbed() => KillEverywhereAsync(RunStatus.Failed, tried: 10, async cluster =>
    {
        Fault[] faults = [Fault.Caller("create", "field_missing", "model is missing."), Fault.Caller("create", "field_missing", "register_to is missing.")];
        await cluster.AskAsync(async host =>
        {
            await RunService.RefuseAsync(host.Client, Id, new RunRequest(), faults);
            return true;
        });
        await cluster.RunAsync(Id);
        return await cluster.StateAsync(Id);
    });

    /// <summary>Runs the scenario undisturbed, then once for each point of death tried.</summary>
    private async Task KillEverywhereAsync(RunStatus end, int tried, Func<Cluster, Task<string>> scenario)
    {
        var record = new FaultPlan();
        var expected = await RunAsync(record, scenario);
        Assert.StartsWith($"{end}", expected, StringComparison.Ordinal);
        var points = record.Passed;
        var stride = All ? 1 : Math.Max(1, points.Count / tried);
        var failures = new List<string>();
        var chosen = points.Where((_, index) => index % stride == stride / 2).ToList();
        var struckCommits = 0;
        foreach (var point in chosen)
        {
            var plan = new FaultPlan(point);
            try
            {
                Assert.Equal(expected, await RunAsync(plan, scenario));
                Assert.True(plan.Struck || IsCommit(point), "Nobody came by this point.");
                struckCommits += plan.Struck && IsCommit(point) ? 1 : 0;
            }
            catch (Exception failure)
            {
                failures.Add($"Killed {point}: {failure}");
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{points.Count} points of death, one in {stride} tried"));
        Assert.True(2 * struckCommits >= chosen.Count(IsCommit), "Most of the engine's commits were never reached.");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    /// <summary>How many commits a run takes depends on which turns meet in one, so the last ones may not come again.</summary>
    private static bool IsCommit(string point) => point.Contains(" commit #", StringComparison.Ordinal);

    private static async Task<string> RunAsync(FaultPlan plan, Func<Cluster, Task<string>> scenario)
    {
        await using var cluster = await Cluster.StartAsync(plan);
        return await scenario(cluster);
    }

    /// <summary>Does something before the checkpoint of that step is sealed for the first time.</summary>
    private static Action<Core.Storage.BlobPath> Once(string step, Action action)
    {
        var done = false;
        return path =>
        {
            if (!done && path.Name.Contains($"/{step}", StringComparison.Ordinal))
            {
                done = true;
                action();
            }
        };
    }
}
