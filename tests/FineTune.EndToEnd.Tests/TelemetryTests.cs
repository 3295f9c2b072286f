using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.EndToEnd.Tests;

public sealed class TelemetryTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task Run_WithACollector_IsOneTraceFromTheRequestToTheRegisteredModel()
    {
        using var data = new DataFolder();
        await using var collector = await OtlpCollector.StartAsync();
        await using var host = await HostProcess.StartAsync(data.Path, collector.Settings);
        var path = await host.UploadAsync("traced/train.jsonl", SampleData.Pairs(60));

        host.Http.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        var created = await host.CreateAsync(new RunRequest("finetune/tiny-llama", path, "main.traced.ner", TaskType.InstructionFinetune, TrainingDuration: "1ep"));
        host.Http.DefaultRequestHeaders.Remove("traceparent");
        await host.UntilCompletedAsync(created.Id);

        string[] expected =
        [
            "finetune-host POST", "finetune-host CheckRegion", "finetune-host ResolveModel", "finetune-host ValidateData",
            "finetune-host TokenizeBlock", "finetune-host EnqueueEpoch", "finetune-trainer train_epoch", "finetune-host epoch_result",
            "finetune-host RecordCheckpoint", "finetune-host Evaluate", "finetune-host Register",
        ];
        string[] metrics =
        [
            "finetune.runs", "finetune.epoch.queue_wait", "finetune.train.step.duration", "finetune.train.tokens_per_second", "finetune.train.loss",
        ];
        var missing = await WaitAsync(() =>
        [
            .. expected.Except(collector.Spans.Where(span => span.TraceId == TraceId).Select(Name)),
            .. metrics.Where(metric => !collector.Metrics.ContainsKey(metric)),
            .. collector.TracesOfLogs.ContainsKey(TraceId) ? Array.Empty<string>() : ["a log record"],
        ]);

        Assert.Empty(missing);
        Assert.All(collector.Spans.Where(span => expected.Skip(1).Contains(Name(span))), span => Assert.Equal(TraceId, span.TraceId));
    }

    /// <summary>Of a request, the method alone.</summary>
    private static string Name(CollectedSpan span) => $"{span.Service} {span.Name.Split(' ')[0]}";

    /// <summary>What is still missing when nothing is, or when it is not coming.</summary>
    private static async Task<string[]> WaitAsync(Func<string[]> missing)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (missing().Length > 0)
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Told by what is missing.
        }

        return missing();
    }
}
