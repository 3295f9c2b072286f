using System.Globalization;
using FineTune.Core.Numerics;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.EndToEnd.Tests;

/// <summary>
/// Host and trainer die at random moments of one run. <c>FINETUNE_KILLS</c> and <c>FINETUNE_KILL_SEED</c> set how often and when.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>Short leases and frequent checkpoints, so that many kills fit in a short run.</summary>
    private static readonly (string, string)[] Settings =
        [("FINETUNE_LEASE_SECONDS", "3"), ("FINETUNE_CHECKPOINT_SECONDS", "0.3"), ("FINETUNE_MAX_DELIVERIES", "100")];

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    [Fact]
    public async Task Run_HostAndTrainerKilledAtRandom_EndsWithTheWeightsOfTheUndisturbedRun()
    {
        var undisturbed = await RunAsync(kills: 0);
        var disturbed = await RunAsync(kills: Number("FINETUNE_KILLS", 8));
        Assert.Equal(undisturbed["model.safetensors"], disturbed["model.safetensors"]);
        Assert.Equal(undisturbed, disturbed);
    }

    private async Task<Dictionary<string, string>> RunAsync(int kills)
    {
        using var data = new DataFolder();
        var random = new CounterRandom((ulong)Number("FINETUNE_KILL_SEED", 1));
        var host = await HostProcess.StartAsync(data.Path, Settings);
        try
        {
            var path = await host.UploadAsync("kill/train.jsonl", SampleData.Pairs(3000));
            var created = await host.CreateAsync(new RunRequest(
                "finetune/tiny-llama", path, "main.kill.ner", TaskType.InstructionFinetune, TrainingDuration: "2ep", Seed: 5));
            foreach (var (kill, point) in Points(random, kills).Index())
            {
                var before = await WaitForAsync(host, created.Id, point, TimeSpan.FromMilliseconds(1 + random.Below((ulong)(2 * kill), 1500)));
                Assert.False(before.Status.HasEnded(), $"The run ended as {before.Status} before kill {kill + 1}; make it longer.");
                var victims = random.Below((ulong)((2 * kill) + 1), 3);
                output.WriteLine($"Kill {kill + 1} of {(victims == 0 ? "host" : victims == 1 ? "trainer" : "both")} in {before.Phase} at step {before.Progress.Step}");
                if (victims > 0)
                {
                    host.KillTrainer();
                }

                if (victims != 1)
                {
                    await host.KillAsync();
                    await host.DisposeAsync();
                    host = await HostProcess.StartAsync(data.Path, Settings);
                }
            }

            await host.UntilCompletedAsync(created.Id);
            return await host.RegisteredFilesAsync(created.Id);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    /// <summary>How much of the training must be done before each kill: the first ones hit what comes before it, the rest is spread over it.</summary>
    private static IEnumerable<double> Points(CounterRandom random, int kills) =>
        Enumerable.Range(0, kills).Select(kill => kill < kills / 4 ? 0 : 0.8 * random.Below(1000 + (ulong)kill, 1000) / 1000).Order();

    /// <summary>The run when that share of its steps was done and <paramref name="more"/> time had passed.</summary>
    private static async Task<RunView> WaitForAsync(HostProcess host, string id, double share, TimeSpan more)
    {
        await host.UntilAsync(id, run => share == 0 || (run.Progress.TotalSteps > 0 && run.Progress.Step >= share * run.Progress.TotalSteps));
        using var timer = new PeriodicTimer(more);
        await timer.WaitForNextTickAsync();
        return await host.GetRunAsync(id);
    }
}
