using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Tokenizers;
using FineTune.LocalHost.Durable;
using FineTune.Testing.Storage;
using FineTune.Workflows;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.Testing.Workflows;

/// <summary>The real workflow on the real embedded engine, with storage in memory, a clock the test owns, and the test as its trainer.</summary>
public sealed class WorkflowHost : IAsyncDisposable
{
    public const string Model = "finetune/tiny-llama";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder folder = new();
    private readonly ServiceProvider services;

    private WorkflowHost(string? region, DispatchPolicy dispatch, string? database, DurableTaskRegistry? registry, Func<WorkflowOptions, WorkflowOptions>? configure, Action<IServiceCollection>? add)
    {
        Queues = new InMemoryQueues(Clock);
        var options = new WorkflowOptions { Placement = new(region), Dispatch = dispatch, WorkDirectory = folder["work"] };
        var collection = new ServiceCollection();
        add?.Invoke(collection);
        services = collection
            .AddLogging()
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IBlobStore>(Blobs)
            .AddSingleton<IMessageQueues>(Queues)
            .AddFineTuneWorkflows(configure?.Invoke(options) ?? options)
            .AddSingleton(registry ?? Workflow.CreateRegistry())
            .AddDurableEngine(new DurableEngineOptions(database ?? folder["durable.db"], DefaultVersion: Workflow.Version))
            .BuildServiceProvider();
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public InMemoryBlobStore Blobs { get; } = new();

    public InMemoryQueues Queues { get; }

    public DurableTaskClient Client => Get<DurableTaskClient>();

    public RunService Runs => Get<RunService>();

    /// <param name="database">The engine's store; null for one that goes with the host.</param>
    /// <param name="registry">What the engine runs; null for the workflow.</param>
    /// <param name="configure">Changes the options of the workflow.</param>
    /// <param name="add">Adds what the host doesn't have.</param>
    public static async Task<WorkflowHost> StartAsync(
        string? region = "eastus2", DispatchPolicy? dispatch = null, string? database = null, DurableTaskRegistry? registry = null,
        Func<WorkflowOptions, WorkflowOptions>? configure = null, Action<IServiceCollection>? add = null)
    {
        var host = new WorkflowHost(region, dispatch ?? DispatchPolicy.Default, database, registry, configure, add);
        await host.PublishModelAsync();
        await host.Get<DurableWorker>().StartAsync(CancellationToken.None);
        return host;
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Until nothing is left to do but wait for time, events or the trainer.</summary>
    public Task SettleAsync() => Get<EngineSignals>().WhenIdleAsync().WaitAsync(Patience);

    public async Task AdvanceAsync(TimeSpan time)
    {
        await SettleAsync();
        Clock.Advance(time);
        await SettleAsync();
    }

    /// <summary>Puts prompt and response pairs where a request can name them.</summary>
    public async Task<string> UploadPairsAsync(string name, int count)
    {
        var lines = Enumerable.Range(0, count).Select(i => $$"""{"prompt":"Say {{i}}:","response":"{{i}}"}""");
        return await UploadAsync(name, string.Join('\n', lines));
    }

    public Task<string> UploadAsync(string name, string content) => UploadAsync(name, System.Text.Encoding.UTF8.GetBytes(content));

    public async Task<string> UploadAsync(string name, byte[] content)
    {
        var path = new BlobPath(Containers.Datasets, name);
        using var bytes = new MemoryStream(content);
        await Blobs.WriteAsync(path, bytes);
        return path.ToString();
    }

    /// <summary>Creates a run of pairs and lets it get as far as it can without a trainer.</summary>
    public async Task<RunView> CreateAsync(Func<RunRequest, RunRequest>? change = null)
    {
        var path = await UploadPairsAsync("pairs.jsonl", 40);
        var request = new RunRequest(
            Model, path, "main.demo.pairs", TaskType.InstructionFinetune, Hyperparameters: new HyperparametersRequest(BatchSize: 1));
        var (run, faults) = await Runs.CreateAsync(Client, change?.Invoke(request) ?? request);
        await SettleAsync();
        return run ?? throw new FaultException(faults[0]);
    }

    public async Task<RunView> GetAsync(string id) => (await Runs.GetAsync(Client, id))!;

    /// <summary>Takes the next epoch as a trainer would, or null when none waits.</summary>
    public async Task<EpochJob?> TakeJobAsync()
    {
        await SettleAsync();
        var lease = await Queues.Open(Core.Storage.Queues.TrainEpoch).ReceiveAsync(TimeSpan.FromHours(10));
        return lease is null ? null : WireJson.Deserialize<EpochJob>(lease.Body);
    }

    public Task BeatAsync(EpochJob job, long step = 1, IReadOnlyList<long>? lossSpikes = null) => new RunJournal(Blobs, job.RunId).WriteHeartbeatAsync(
        new Heartbeat(job.RunId, job.Epoch, job.Attempt, Clock.GetUtcNow(), step, job.Plan.TotalSteps, 1, 1, 1, lossSpikes));

    /// <summary>The result of an epoch that went well, with a checkpoint that is really there.</summary>
    public async Task<EpochResult> ResultAsync(EpochJob job, EpochOutcome outcome = EpochOutcome.Completed)
    {
        using var content = new TemporaryFolder();
        content.With("config.json", "{}").With("model.safetensors", $"{job.Epoch}-{job.Attempt}").With("optimizer.safetensors", "state");
        var checkpoint = await Get<ArtifactStore>().PublishAsync(
            content.Root, new RunPaths(job.RunId).Work(job.Epoch, job.Attempt) / "end", "checkpoint");
        var metrics = new EpochMetrics(job.Epoch, job.Plan.StepsOf(job.Epoch).End, 2, 1.5, Math.Exp(1.5), 0.5, job.Epoch == 1 ? 3 : null, 100, 1);
        return new EpochResult(job.RunId, job.InstanceId, job.EventName, job.Epoch, job.Attempt, outcome, checkpoint, metrics, null);
    }

    public static EpochResult Failure(EpochJob job, Fault fault) =>
        new(job.RunId, job.InstanceId, job.EventName, job.Epoch, job.Attempt, EpochOutcome.Failed, null, null, fault);

    /// <summary>Brings a result in as the results queue does.</summary>
    public async Task ReportAsync(EpochResult result)
    {
        await EpochResultHandler.HandleAsync(WireJson.Serialize(result), Client);
        await SettleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        folder.Dispose();
    }

    private async Task PublishModelAsync()
    {
        using var model = new TemporaryFolder();
        var options = new BpeTrainerOptions { Merges = 20 };
        BpeTrainer.Train(["Say the number, please: 0123456789."], options).Save(model.Root, options);
        model.With("config.json", """{"hidden_size":8,"num_hidden_layers":1,"max_position_embeddings":128}""");
        await Get<BaseModels>().PublishAsync(model.Root, Model);
    }
}
