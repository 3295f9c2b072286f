using System.Globalization;
using System.Text.Json;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.EndToEnd.Tests;

public enum KillVictim
{
    Host,
    Trainer,
    HostAndTrainer,

    /// <summary>
    /// The emulator goes away for a few seconds, in good order: it keeps its last seconds in memory, so <c>kill -9</c> would lose what it
    /// has acknowledged, which a storage account never does.
    /// </summary>
    Storage,
}

/// <param name="Share">Of all the work, that must be done before.</param>
/// <param name="More">Time that passes then.</param>
public sealed record Kill(double Share, TimeSpan More, KillVictim Victim);

/// <summary>What a run came to. Equal runs have equal texts.</summary>
/// <param name="Files">Name and SHA-256 of every file of its one registered version.</param>
/// <param name="Steps">The steps and losses it told of.</param>
public sealed record FinishedRun(string Files, string Steps);

/// <summary>Runs on one data folder, a few at a time, whose processes are killed meanwhile.</summary>
internal sealed class KillCampaign(string folder, int runs, ITestOutputHelper output) : IAsyncDisposable
{
    private const int AtOnce = 3;
    private const int AllPairs = 3000;
    private const int MinPairs = 400;
    private const string Model = "main.kill.ner";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Short leases and frequent checkpoints, so that many kills fit in a short run.</summary>
    private static readonly (string, string)[] Settings =
        [("FINETUNE_LEASE_SECONDS", "3"), ("FINETUNE_CHECKPOINT_SECONDS", "0.3"), ("FINETUNE_MAX_DELIVERIES", "100")];

    private readonly RunView?[] views = new RunView?[runs];
    private HostProcess host = null!;
    private string data = "";

    public static async Task<KillCampaign> StartAsync(string folder, int runs, ITestOutputHelper output)
    {
        var campaign = new KillCampaign(folder, runs, output) { host = await HostProcess.StartAsync(folder, Settings) };
        campaign.data = await campaign.host.UploadAsync("kill/train.jsonl", SampleData.Pairs(Math.Max(MinPairs, AllPairs / runs)));
        return campaign;
    }

    public async Task<IReadOnlyList<FinishedRun>> RunAsync(IEnumerable<Kill> kills)
    {
        foreach (var (number, kill) in kills.Index())
        {
            await UntilAsync(kill.Share);
            using var timer = new PeriodicTimer(kill.More);
            await timer.WaitForNextTickAsync();
            var where = views.LastOrDefault(view => view?.Status.HasEnded() == false);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{DateTime.UtcNow:HH:mm:ss} kill {number + 1} of {kill.Victim} at {Done():P1}: {where?.Phase} at step {where?.Progress.Step}"));
            await KillAsync(kill.Victim);
        }

        await UntilAsync(1);
        var finished = new List<FinishedRun>();
        foreach (var view in views)
        {
            finished.Add(await FinishedAsync(view!));
        }

        // Nothing doubled: no run and no version beside those asked for.
        Assert.Equal(runs, (await host.GetAsync<List<RunView>>("api/runs")).Count);
        Assert.Equal(Enumerable.Range(1, runs), views.Select(view => view!.Registered!.Version).Order());
        return finished;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private async Task KillAsync(KillVictim victim)
    {
        if (victim is KillVictim.Trainer or KillVictim.HostAndTrainer)
        {
            host.KillTrainer();
        }

        if (victim is KillVictim.Storage)
        {
            host.StopStorage();
        }

        if (victim is KillVictim.Host or KillVictim.HostAndTrainer)
        {
            await host.KillAsync();
            await host.DisposeAsync();
            host = await HostProcess.StartAsync(folder, Settings);
        }
    }

    /// <summary>Looks after the runs until that share of all the work is done.</summary>
    private async Task UntilAsync(double share)
    {
        using var timer = new PeriodicTimer(Look);
        do
        {
            var open = Enumerable.Range(0, runs).Where(run => views[run]?.Status != RunStatus.Completed);
            foreach (var run in open.Take(AtOnce).ToList())
            {
                try
                {
                    views[run] = views[run] is { } view ? await host.GetRunAsync(view.Id) : await CreateAsync(run);
                }
                catch (Exception away) when (away is HttpRequestException or JsonException)
                {
                    // Its storage is away; asked again soon.
                }

                Assert.False(
                    views[run] is { Status: RunStatus.Failed or RunStatus.Canceled }, $"Run {run} ended as {views[run]?.Status}: {views[run]?.Details}");
            }

            await timer.WaitForNextTickAsync();
        }
        while (Done() < share);
    }

    /// <summary>As a careful client does it: with a key, so that asking again after no answer is no second run.</summary>
    private async Task<RunView> CreateAsync(int run)
    {
        var request = new RunRequest("finetune/tiny-llama", data, Model, TaskType.InstructionFinetune, TrainingDuration: "2ep", Seed: 5 + run);
        var created = await host.CreateAsync(request, string.Create(CultureInfo.InvariantCulture, $"kill-{run}"));
        return await host.GetRunAsync(created.Id);
    }

    private double Done() => views.Average(view => view switch
    {
        null => 0,
        { Status: RunStatus.Completed } => 1,
        { Progress: { TotalSteps: > 0 } progress } => 0.95 * progress.Step / progress.TotalSteps,
        _ => 0,
    });

    private async Task<FinishedRun> FinishedAsync(RunView view)
    {
        var files = await host.RegisteredFilesAsync(view.Id);
        var steps = await host.GetAsync<List<StepMetrics>>($"api/runs/{view.Id}/metrics");
        return new FinishedRun(
            string.Join('\n', files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key} {file.Value}")),
            string.Join('\n', steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Step} {step.Loss:R}"))));
    }
}
