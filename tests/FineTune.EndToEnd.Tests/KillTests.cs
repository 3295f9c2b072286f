using System.Globalization;
using FineTune.Core.Numerics;

namespace FineTune.EndToEnd.Tests;

/// <summary>
/// Host, trainer and storage die at random moments of some runs. <c>FINETUNE_KILL_RUNS</c>, <c>FINETUNE_KILLS</c> and
/// <c>FINETUNE_KILL_SEED</c> set how many runs there are, how many kills they share, and when these come.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly int Victims = Enum.GetValues<KillVictim>().Length;

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    [Fact]
    public async Task Runs_ProcessesKilledAtRandom_EndAsTheUndisturbedRuns()
    {
        var runs = Number("FINETUNE_KILL_RUNS", 2);
        var undisturbed = await RunAsync(runs, []);
        var disturbed = await RunAsync(runs, Kills(Number("FINETUNE_KILLS", 8), (ulong)Number("FINETUNE_KILL_SEED", 1)));
        Assert.Equal(undisturbed, disturbed);
    }

    private async Task<IReadOnlyList<FinishedRun>> RunAsync(int runs, IEnumerable<Kill> kills)
    {
        using var data = new DataFolder();
        await using var campaign = await KillCampaign.StartAsync(data.Path, runs, output);
        return await campaign.RunAsync(kills);
    }

    /// <summary>Spread over all the work, the first of them before any training.</summary>
    private static IEnumerable<Kill> Kills(int count, ulong seed)
    {
        var random = new CounterRandom(seed);
        return Enumerable.Range(0, count)
            .Select(kill => new Kill(
                kill < count / 8 ? 0 : 0.95 * random.Below((ulong)(3 * kill), 1000) / 1000,
                TimeSpan.FromMilliseconds(1 + random.Below((ulong)(3 * kill) + 1, 1500)),
                (KillVictim)random.Below((ulong)(3 * kill) + 2, Victims)))
            .OrderBy(kill => kill.Share);
    }
}
