using System.Diagnostics;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Testing;
using FineTune.Testing.Durable.Golden;
using FineTune.Testing.Workflows;
using FineTune.Workflows;
using FineTune.Workflows.Durable;

namespace FineTune.Benchmarks;

/// <summary>
/// The embedded durable engine on a store of its own that flushes every commit: starting a run among many finished ones, and taking a
/// turn of an instance with a long history. Storage for blobs and queues is in memory.
/// </summary>
public static class DurableBenchmark
{
    private const string Long = "Long";
    private const int WarmUp = 20;

    // A turn that completes an activity writes three events: its beginning, the completion, the next activity.
    private const int EventsPerActivity = 3;

    public static async Task<string> RunAsync(int finished, int starts, int events)
    {
        using var folder = new TemporaryFolder();
        var runs = folder["runs.db"];
        await using (var host = await WorkflowHost.StartAsync(database: runs))
        {
            await FinishOneRunAsync(host);
        }

        ClonedInstances.Add(runs, "seed", finished - 1);
        return WireJson.Serialize(new
        {
            finished_instances = finished,
            store_bytes = new FileInfo(runs).Length,
            starts,
            start_milliseconds = await StartAsync(runs, starts),
            history = await ReplayAsync(folder["long.db"], events),
        });
    }

    private static async Task FinishOneRunAsync(WorkflowHost host)
    {
        var (_, faults) = await host.Runs.CreateAsync(host.Client, await RequestAsync(host), "seed");
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(faults[0].Message);
        }

        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
    }

    /// <summary>From the request to the answer, while the engine works on the runs started before.</summary>
    private static async Task<object> StartAsync(string database, int starts)
    {
        await using var host = await WorkflowHost.StartAsync(database: database);
        var request = await RequestAsync(host);
        return await MeasureAsync(starts, i => host.Runs.CreateAsync(host.Client, request, $"run-{i}"));
    }

    private static async Task<object> ReplayAsync(string database, int events)
    {
        const int Turns = 100;
        var registry = LongRegistry(events / EventsPerActivity);
        await using (var host = await WorkflowHost.StartAsync(database: database, registry: registry))
        {
            await host.Client.ScheduleNewOrchestrationInstanceAsync(Long, null, new StartOrchestrationOptions("long"));
            await host.SettleAsync();
        }

        ClonedInstances.Add(database, "long", Turns + WarmUp);
        await using var again = await WorkflowHost.StartAsync(database: database, registry: registry);
        var recorded = (await RecordedInstance.RecordAsync(again.Client, "long-1"))[0];
        return new
        {
            events = recorded.History.Count,
            replay_milliseconds = await MeasureAsync(Turns, _ =>
            {
                HistoryReplay.Run(recorded, registry);
                return Task.CompletedTask;
            }),
            turn_milliseconds = await MeasureAsync(Turns, async i =>
            {
                await again.Client.RaiseEventAsync($"long-{i + 1}", "end");
                await again.Client.WaitForInstanceCompletionAsync($"long-{i + 1}");
            }),
        };
    }

    /// <summary>Calls <paramref name="work"/> for the warm-up first, then as often as is counted.</summary>
    private static async Task<object> MeasureAsync(int count, Func<int, Task> work)
    {
        var times = new List<double>(count);
        var cpu = TimeSpan.Zero;
        for (var i = 0; i < WarmUp + count; i++)
        {
            cpu = i == WarmUp ? Environment.CpuUsage.TotalTime : cpu;
            var began = Stopwatch.GetTimestamp();
            await work(i);
            if (i >= WarmUp)
            {
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        times.Sort();
        return new
        {
            p50 = times[count / 2],
            p99 = times[(int)Math.Ceiling(count * 0.99) - 1],
            max = times[^1],
            cpu_mean = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / count,
        };
    }

    private static DurableTaskRegistry LongRegistry(int activities) => new DurableTaskRegistry()
        .AddOrchestrator<object?, int>(Long, async (context, _) =>
        {
            for (var i = 0; i < activities; i++)
            {
                await context.CallActivityAsync<int>("Same", i);
            }

            await context.WaitForExternalEvent<object?>("end");
            return activities;
        })
        .AddActivity<int, int>("Same", (_, i) => Task.FromResult(i));

    private static async Task<RunRequest> RequestAsync(WorkflowHost host) =>
        new(WorkflowHost.Model, await host.UploadPairsAsync("pairs.jsonl", 40), "main.demo.pairs", TaskType.InstructionFinetune);
}
