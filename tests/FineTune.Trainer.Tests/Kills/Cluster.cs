using System.Globalization;
using System.Text;
using FineTune.Core.Artifacts;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing;
using FineTune.Testing.Faults;
using FineTune.Testing.Storage;
using FineTune.Trainer.Epochs;
using FineTune.Trainer.Tests.Support;
using FineTune.Workflows.Runs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.Trainer.Tests.Kills;

/// <summary>
/// Host, trainers and storage, with real training of a tiny model. Processes that die by the <see cref="FaultPlan"/> are started again;
/// storage, as a storage account does, keeps what it has. There is a checkpoint after every step but an epoch's last.
/// </summary>
internal sealed class Cluster(FaultPlan plan) : IAsyncDisposable
{
    private const string Model = "finetune/tiny-llama";
    private const int Rounds = 40;

    /// <summary>The lease of a trainer, and what passes when nothing else happens.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly InMemoryBlobStore blobs = new();
    private InMemoryQueues queues = null!;
    private DoomedHost? host;
    private DoomedProcess trainer = null!;
    private TaskCompletionSource beat = null!;
    private CancellationTokenSource stopping = null!;

    /// <summary>Called by the training thread before it seals a checkpoint within an epoch.</summary>
    public Action<BlobPath> OnStepCheckpoint { get; set; } = _ => { };

    public static async Task<Cluster> StartAsync(FaultPlan plan)
    {
        var cluster = new Cluster(plan);
        cluster.queues = new InMemoryQueues(cluster.clock);
        var model = cluster.folder["model/x"][..^2];
        TinyModel.Write(model);
        await new BaseModels(cluster.blobs, cluster.clock).PublishAsync(model, Model);
        cluster.blobs.BeforeWrite = cluster.StepIn;
        return cluster;
    }

    public FaultPlan Plan => plan;

    /// <summary>Tokens for one pair of the data, too few for two: one is a sequence.</summary>
    private const int OnePair = 30;

    /// <summary>Uploads data and asks for a run of two epochs of three steps.</summary>
    public async Task CreateAsync(string id)
    {
        await UploadAsync("train", "rain", 6);
        await UploadAsync("eval", "train", 2);
        var request = new RunRequest(
            Model, "az://datasets/train.jsonl", "main.demo.rain", TaskType.InstructionFinetune, "az://datasets/eval.jsonl", ["the rain"],
            TrainingDuration: "2ep", LearningRate: 1e-2, ContextLength: OnePair, Seed: 7, Hyperparameters: new HyperparametersRequest(BatchSize: 2));
        await AskAsync(ask => ask.Runs.CreateAsync(ask.Client, request, id));
    }

    /// <summary>Asks the host, and asks again when it died over the question.</summary>
    public async Task<T> AskAsync<T>(Func<DoomedHost, Task<T>> question)
    {
        while (true)
        {
            try
            {
                return await question(await HostAsync());
            }
            catch (ProcessKilledException)
            {
                // Asked again of its next life.
            }
        }
    }

    /// <summary>As <see cref="AskAsync"/>, for the training thread.</summary>
    public void Ask<T>(Func<DoomedHost, Task<T>> question) => AskAsync(question).WaitAsync(Patience).GetAwaiter().GetResult();

    /// <summary>Everyone works until the run has ended and no message is left. A run found paused, with nothing moving, is resumed.</summary>
    public async Task RunAsync(string id)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await (await HostAsync()).SettleAsync();
            await (await HostAsync()).PumpAsync();
            if (await TrainAsync())
            {
                continue;
            }

            var waiting = await queues.Open(Queues.TrainEpoch).CountAsync() + await queues.Open(Queues.EpochResults).CountAsync();
            var status = (await AskAsync(ask => ask.Runs.GetAsync(ask.Client, id)))?.Status;
            if (waiting == 0 && status?.HasEnded() == true)
            {
                return;
            }

            if (waiting == 0 && status == RunStatus.Paused)
            {
                await AskAsync(ask => ask.Runs.ResumeAsync(ask.Client, id));
            }

            clock.Advance(Lease);
        }

        Assert.Fail($"The run has not ended: {await AskAsync(ask => ask.Runs.GetAsync(ask.Client, id))}");
    }

    /// <summary>Asks the trainer that is at work to end, as a container platform does.</summary>
    public void StopTrainer() => stopping.Cancel();

    /// <summary>Lets a beat of the trainer at work come, unless it dies.</summary>
    public void Beat()
    {
        beat = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        clock.Advance(Lease / 3);
        AwaitBeat();
    }

    /// <summary>All that may not depend on who died when, as text.</summary>
    public async Task<string> StateAsync(string id)
    {
        var ask = await HostAsync();
        var run = (await ask.Runs.GetAsync(ask.Client, id))!;
        var lines = new List<string>
        {
            $"{run.Status} in {run.Phase}, registered {run.Registered}, fault {run.Fault?.Message}, epoch {run.Progress.Epoch} of {run.Progress.Epochs}",
            Invariant($"step {run.Progress.Step} of {run.Progress.TotalSteps}, {run.Metrics}"),
        };
        lines.AddRange((await ask.Runs.EventsAsync(id)).Select(happened => happened.Id).Order(StringComparer.Ordinal));
        lines.AddRange((await ask.Runs.MetricsAsync(id)).Select(step => Invariant($"step {step.Step} loss {step.Loss:R} rate {step.LearningRate:R}")));
        foreach (var record in await ask.Runs.CheckpointsAsync(id))
        {
            lines.Add($"checkpoint {record.Name} of step {record.Step}");
            lines.AddRange(await FilesAsync(record.Checkpoint));
        }

        var registry = ask.Get<ModelRegistry>();
        foreach (var model in await registry.ListModelsAsync())
        {
            foreach (var version in await registry.ListVersionsAsync(model.Name))
            {
                lines.Add($"{version.Name} version {version.Version} of {version.RunId}: {version.Artifact.Sha256}");
                lines.AddRange(await FilesAsync(version.Artifact));
            }
        }

        foreach (var queue in Queues.All)
        {
            lines.Add($"{await queues.Open(queue).CountAsync()} in {queue}");
        }

        return string.Join('\n', lines);
    }

    /// <summary>Reads every file of an artefact against its manifest.</summary>
    public Task RequireIntactAsync(ArtifactRef artifact) => new ArtifactStore(blobs).DownloadAsync(artifact, folder[Guid.NewGuid().ToString("N")]);

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        stopping?.Dispose();
        folder.Dispose();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private async Task<DoomedHost> HostAsync()
    {
        if (host?.Process.Death.IsCompleted == true)
        {
            await host.DisposeAsync();
            host = null;
        }

        if (host is null)
        {
            host = new DoomedHost(blobs, queues, clock, folder.Root, plan);
            await host.StartAsync();
        }

        return host;
    }

    /// <summary>A trainer takes a message, if there is one, and works on it to its end or the message's.</summary>
    private async Task<bool> TrainAsync()
    {
        stopping?.Dispose();
        stopping = new CancellationTokenSource();
        trainer = new DoomedProcess("trainer", plan);
        beat = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (ownBlobs, ownQueues) = (new DoomedBlobStore(blobs, trainer), new DoomedQueues(queues, trainer));
        // Copies are written while training goes on: which steps get a checkpoint would then depend on timing.
        var options = new TrainerOptions
        {
            Lease = Lease,
            CheckpointInterval = TimeSpan.Zero,
            CheckpointCopies = false,
            CacheDirectory = folder["cache"],
        };
        var artifacts = new ArtifactStore(ownBlobs);
        var checkpoints = new EpochCheckpoints(ownBlobs, artifacts);
        var runner = new EpochRunner(ownBlobs, artifacts, checkpoints, options, new FakeTimeProvider(), NullLogger<EpochRunner>.Instance);
        var worker = new EpochWorker(ownBlobs, ownQueues, runner, checkpoints, options, clock, NullLogger<EpochWorker>.Instance);
        await worker.RunAsync(once: true, stopping.Token).WaitAsync(Patience);
        return trainer.HasActed;
    }

    private void StepIn(BlobPath path)
    {
        if (path.Name.Contains("/heartbeats/", StringComparison.Ordinal))
        {
            beat.TrySetResult();
        }
        else if (path.FileName == "deliveries.json")
        {
            // Training begins after the first beat, so that what each writes is the same every time.
            AwaitBeat();
        }
        else if (path.FileName == Manifest.FileName && path.Name.Contains("/step-", StringComparison.Ordinal))
        {
            OnStepCheckpoint(path);
        }
    }

    private void AwaitBeat()
    {
        Assert.True(Task.WaitAny([beat.Task, trainer.Death], Patience) >= 0, "No heartbeat came.");
        trainer.ThrowIfDead();
    }

    private async Task UploadAsync(string name, string word, int count)
    {
        var pairs = Enumerable.Range(0, count).Select(i => $$"""{"prompt":"the {{word}} {{i}}","response":" in the plain {{word}} {{i}}"}""");
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', pairs)));
        await blobs.WriteAsync(new BlobPath(Containers.Datasets, $"{name}.jsonl"), content);
    }

    private async Task<IEnumerable<string>> FilesAsync(ArtifactRef artifact) =>
        (await new ArtifactStore(blobs).OpenAsync(artifact)).Files.Select(file => $"  {file.Name} {file.Sha256}");
}
