using System.Diagnostics;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.LocalHost.Durable;
using FineTune.LocalHost.Queues;
using FineTune.Testing;
using FineTune.Testing.Storage;
using FineTune.Workflows;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FineTune.Benchmarks;

/// <summary>
/// Many runs queued at once and done by a trainer that only pretends: host, engine (every commit flushed), result pump and trainer as in
/// the product, blobs in files. Tells how long it takes and what the process's memory does meanwhile.
/// </summary>
public static class QueuedRunsBenchmark
{
    private const string Model = "finetune/tiny-llama";
    private const int Portions = 10;

    public static async Task<string> RunAsync(int runs)
    {
        using var folder = new TemporaryFolder();
        using var host = Build(folder);
        await host.StartAsync();
        var (client, service) = (host.Services.GetRequiredService<DurableTaskClient>(), host.Services.GetRequiredService<RunService>());
        var blobs = host.Services.GetRequiredService<IBlobStore>();
        var request = await PrepareAsync(folder, host.Services, blobs);

        var clock = Stopwatch.StartNew();
        var starts = new List<double>(runs);
        for (var i = 0; i < runs; i++)
        {
            var began = clock.Elapsed;
            var (_, faults) = await service.CreateAsync(client, request, $"run-{i}");
            starts.Add((clock.Elapsed - began).TotalMilliseconds);
            if (faults.Count > 0)
            {
                throw new InvalidOperationException(faults[0].Message);
            }
        }

        starts.Sort();
        var memory = new List<object> { Memory("all started", clock) };
        using var stopping = new CancellationTokenSource();
        var (checkpoint, token) = (folder.With("checkpoint/config.json", "{}").With("checkpoint/model.safetensors", "weights").Root + "/checkpoint", stopping.Token);
        var trainer = Task.Run(() => TrainAsync(checkpoint, host.Services, token));
        for (var i = 0; i < runs; i++)
        {
            var ended = await client.WaitForInstanceCompletionAsync($"run-{i}");
            if (ended.RuntimeStatus != OrchestrationRuntimeStatus.Completed)
            {
                throw new InvalidOperationException($"run-{i} ended as {ended.RuntimeStatus}: {ended.FailureDetails?.ErrorMessage}");
            }

            if ((i + 1) % Math.Max(1, runs / Portions) == 0)
            {
                memory.Add(Memory($"{i + 1} ended", clock));
            }
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var listed = Stopwatch.StartNew();
        var newest = await service.ListAsync(client).Take(100).CountAsync();
        listed.Stop();
        await stopping.CancelAsync();
        await trainer;
        await host.StopAsync();
        var versions = await host.Services.GetRequiredService<ModelRegistry>().ListModelsAsync();
        return WireJson.Serialize(new
        {
            runs,
            seconds,
            start_milliseconds = new { p50 = starts[runs / 2], p99 = starts[(int)Math.Ceiling(runs * 0.99) - 1], max = starts[^1] },
            versions = versions.Sum(model => model.Versions),
            list_milliseconds = new { runs = newest, time = listed.Elapsed.TotalMilliseconds },
            store_bytes = new FileInfo(folder["durable.db"]).Length,
            peak_rss_bytes = Process.GetCurrentProcess().PeakWorkingSet64,
            memory,
        });
    }

    private static IHost Build(TemporaryFolder folder)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services
            .AddSingleton<IBlobStore>(new FolderBlobStore(folder["blobs"]))
            .AddSingleton<IMessageQueues>(new InMemoryQueues())
            .AddFineTuneWorkflows(new WorkflowOptions { Placement = new("eastus2"), WorkDirectory = folder["work"] })
            .AddSingleton(Workflow.CreateRegistry())
            .AddDurableEngine(new DurableEngineOptions(folder["durable.db"], DefaultVersion: Workflow.Version))
            .AddSingleton<IHostedService>(services => new QueuePump(
                Queues.EpochResults,
                services.GetRequiredService<IMessageQueues>(),
                (body, cancellation) => EpochResultHandler.HandleAsync(body, services.GetRequiredService<DurableTaskClient>(), cancellation),
                TimeSpan.FromMilliseconds(20),
                services.GetRequiredService<ILogger<QueuePump>>()));
        return builder.Build();
    }

    private static async Task<RunRequest> PrepareAsync(TemporaryFolder folder, IServiceProvider services, IBlobStore blobs)
    {
        folder.With("model/config.json", """{"hidden_size":8,"num_hidden_layers":1,"max_position_embeddings":128}""");
        var options = new Data.Tokenizers.BpeTrainerOptions { Merges = 20 };
        Data.Tokenizers.BpeTrainer.Train(["Say the number, please: 0123456789."], options).Save(folder.Root + "/model", options);
        await services.GetRequiredService<BaseModels>().PublishAsync(folder.Root + "/model", Model);
        var pairs = Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"Say {{i}}:","response":"{{i}}"}""");
        using var content = BinaryData.FromString(string.Join('\n', pairs)).ToStream();
        await blobs.WriteAsync(new BlobPath(Containers.Datasets, "pairs.jsonl"), content);
        return new RunRequest(Model, "az://datasets/pairs.jsonl", "main.demo.pairs", TaskType.InstructionFinetune);
    }

    /// <summary>Takes epochs as a trainer does, beats once, and reports a checkpoint of a few bytes.</summary>
    private static async Task TrainAsync(string checkpointFolder, IServiceProvider services, CancellationToken stopping)
    {
        var (blobs, queues) = (services.GetRequiredService<IBlobStore>(), services.GetRequiredService<IMessageQueues>());
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            do
            {
                while (await queues.Open(Queues.TrainEpoch).ReceiveAsync(TimeSpan.FromMinutes(3), stopping) is { } lease)
                {
                    var job = WireJson.Deserialize<EpochJob>(lease.Body);
                    var paths = new RunPaths(job.RunId);
                    await new RunJournal(blobs, job.RunId).WriteHeartbeatAsync(
                        new Heartbeat(job.RunId, job.Epoch, job.Attempt, DateTimeOffset.UtcNow, 1, job.Plan.TotalSteps, 1, 1, 1), stopping);
                    var checkpoint = await services.GetRequiredService<ArtifactStore>().PublishAsync(
                        checkpointFolder, paths.Work(job.Epoch, job.Attempt) / "end", "checkpoint", cancellationToken: stopping);
                    var metrics = new EpochMetrics(job.Epoch, job.Plan.StepsOf(job.Epoch).End, 2, 1.5, 4.5, 0.5, 3, 100, 1);
                    var result = new EpochResult(
                        job.RunId, job.InstanceId, job.EventName, job.Epoch, job.Attempt, EpochOutcome.Completed, checkpoint, metrics, null);
                    await blobs.TryCreateJsonAsync(paths.Result(job.Epoch, job.Attempt), result, stopping);
                    await queues.Open(Queues.EpochResults).SendAsync(WireJson.Serialize(result), cancellationToken: stopping);
                    await lease.CompleteAsync(stopping);
                }
            }
            while (await poll.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException)
        {
            // Nothing is left to train.
        }
    }

    private static object Memory(string when, Stopwatch clock) => new
    {
        when,
        seconds = clock.Elapsed.TotalSeconds,
        rss_bytes = Environment.WorkingSet,
        heap_bytes = GC.GetTotalMemory(forceFullCollection: false),
    };
}
