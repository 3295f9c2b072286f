using System.Globalization;
using System.Net.Http.Json;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;

namespace FineTune.Benchmarks;

/// <summary>
/// Follows a run of a host that is up, and afterwards compares the time remaining that its status told with the time that was left.
/// </summary>
public static class EtaBenchmark
{
    private const string Training = TrainEpoch.Phase;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>At each tenth of the training steps: seconds told, seconds left, and the error by what was left.</summary>
    public static async Task<string> RunAsync(Uri host, string runId)
    {
        using var http = new HttpClient { BaseAddress = host };
        var looks = new List<(DateTimeOffset Time, RunView Run)>();
        using var timer = new PeriodicTimer(Look);
        do
        {
            var run = await http.GetFromJsonAsync<RunView>($"api/runs/{runId}", WireJson.Options);
            looks.Add((DateTimeOffset.UtcNow, run!));
        }
        while (!looks[^1].Run.Status.HasEnded() && await timer.WaitForNextTickAsync());

        var told = looks.Where(look => look.Run is { Phase: Training, Progress: { EtaSeconds: not null, TotalSteps: > 0 } }).ToList();
        if (told.Count == 0)
        {
            return $"Run {runId} ended as {looks[^1].Run.Status} without an estimate.";
        }

        var end = looks.FindLast(look => look.Run.Phase == Training).Time + Look;
        var tenths = Enumerable.Range(1, 9).Select(tenth => told.FirstOrDefault(look => Share(look.Run) >= tenth / 10.0)).Where(look => look.Run is not null);
        return WireJson.Serialize(new
        {
            status = looks[^1].Run.Status,
            training_seconds = (end - looks.First(look => look.Run.Phase == Training).Time).TotalSeconds,
            estimates = tenths.Select(look => new
            {
                done = Share(look.Run),
                told = look.Run.Progress.EtaSeconds,
                left = (end - look.Time).TotalSeconds,
                error = string.Create(CultureInfo.InvariantCulture, $"{(look.Run.Progress.EtaSeconds / (end - look.Time).TotalSeconds) - 1:+0 %;-0 %}"),
            }),
        });
    }

    private static double Share(RunView run) => (double)run.Progress.Step / run.Progress.TotalSteps;
}
