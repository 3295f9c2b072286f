using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Training;
using FineTune.Data.Tokens;
using FineTune.Testing;
using FineTune.Testing.Storage;
using FineTune.Trainer.Epochs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.Trainer.Tests.Support;

/// <summary>
/// Real workers on storage in memory with a real tiny model. Training's clock stands still unless a test moves it, and the checkpoint
/// interval is 0, so there is a checkpoint after every step but the last; its manifest is where a test can step in, on the training thread.
/// </summary>
internal sealed class TrainerLab : IDisposable
{
    public const string RunId = "run-1";
    public const int StepsPerEpoch = 5;
    private const int BatchSize = 2;
    private const int SequenceLength = 12;

    /// <summary>Too short for two sequences, so that each is a context of its own.</summary>
    private const int ContextLength = 2 * SequenceLength - 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim heartbeats = new(0);
    private readonly InMemoryQueues queues;

    public TrainerLab()
    {
        queues = new InMemoryQueues(QueueClock);
        Artifacts = new ArtifactStore(Blobs);
        Options = new TrainerOptions { CheckpointInterval = TimeSpan.Zero, CheckpointCopies = false, CacheDirectory = Folder["cache"] };
        Blobs.BeforeWrite = path =>
        {
            if (path == Paths.HeartbeatOf(1, 1))
            {
                heartbeats.Release();
            }

            BeforeWrite(path);
            if (path.FileName == Manifest.FileName && path.Name.Contains("/step-", StringComparison.Ordinal))
            {
                OnStepCheckpoint(++StepCheckpoints);
            }
        };
    }

    public TemporaryFolder Folder { get; } = new();

    public InMemoryBlobStore Blobs { get; } = new();

    public ArtifactStore Artifacts { get; }

    public TrainerOptions Options { get; set; }

    /// <summary>Of the queues: leases end by it.</summary>
    public FakeTimeProvider QueueClock { get; } = new();

    /// <summary>Of the lease keeper: beats come by it.</summary>
    public FakeTimeProvider BeatClock { get; } = new();

    /// <summary>Of the training: a clock of its own, so that nothing a test does to the leases' time changes when checkpoints are written.</summary>
    public TimeProvider TrainingClock { get; set; } = new FakeTimeProvider();

    public RunPaths Paths { get; } = new(RunId);

    public RunJournal Journal => new(Blobs, RunId);

    public int StepCheckpoints { get; private set; }

    public Action<BlobPath> BeforeWrite { get; set; } = _ => { };

    /// <summary>Called with the number of step checkpoints so far, before the newest is sealed.</summary>
    public Action<int> OnStepCheckpoint { get; set; } = _ => { };

    public IMessageQueue Jobs => queues.Open(Queues.TrainEpoch);

    /// <summary>The first epoch of two on a new model, not yet sent.</summary>
    public async Task<EpochJob> PrepareAsync(bool withEval = false, int? tokensVocabulary = null, int steps = StepsPerEpoch)
    {
        var vocabulary = TinyModel.Write(Folder["model/x"][..^2]);
        WriteTokens(Folder.Root + "/train", tokensVocabulary ?? vocabulary, steps * BatchSize, tokensVocabulary is { } high ? high - 1 : null);
        var hyperparameters = new HyperparametersRequest(BatchSize: BatchSize).Resolve(1e-2);
        ArtifactRef? eval = null;
        if (withEval)
        {
            WriteTokens(Folder.Root + "/eval", vocabulary, 3, null);
            eval = await Artifacts.PublishAsync(Folder.Root + "/eval", Paths.Root / "tokens/eval", "tokens");
        }

        return new EpochJob(
            RunId,
            RunId + ":e1",
            "epoch-1-1",
            1,
            1,
            new TrainingPlan(hyperparameters, steps, 2 * steps, ContextLength, 7),
            await Artifacts.PublishAsync(Folder.Root + "/model", new BlobPath(Containers.Models, "base/tiny"), "model"),
            null,
            await Artifacts.PublishAsync(Folder.Root + "/train", Paths.Root / "tokens/train", "tokens"),
            eval);
    }

    public static EpochJob Second(EpochJob first, EpochResult result) =>
        first with { Epoch = 2, EventName = "epoch-2-1", Previous = result.Checkpoint };

    /// <summary>As a dispatcher does; a fence that is there already stays.</summary>
    public async Task SendAsync(EpochJob job)
    {
        await Blobs.TryCreateJsonAsync(new RunPaths(job.RunId).Fence(job.Epoch), new EpochFence(job.Attempt));
        await Jobs.SendAsync(WireJson.Serialize(job));
    }

    /// <summary>A worker takes one message, as a container job does.</summary>
    public async Task WorkAsync(CancellationToken stopping = default)
    {
        var checkpoints = new EpochCheckpoints(Blobs, Artifacts);
        var runner = new EpochRunner(Blobs, Artifacts, checkpoints, Options, TrainingClock, NullLogger<EpochRunner>.Instance);
        var worker = new EpochWorker(Blobs, queues, runner, checkpoints, Options, BeatClock, NullLogger<EpochWorker>.Instance);
        await worker.RunAsync(once: true, stopping);
    }

    public async Task<EpochResult> TrainAsync(EpochJob job)
    {
        await SendAsync(job);
        await WorkAsync();
        return Assert.Single(await ReportsAsync());
    }

    /// <summary>Until no training goes on, not even one that was given up.</summary>
    public Task WhenQuietAsync() => Eventually.AnswersAsync(() =>
        Task.FromResult(Directory.GetDirectories(Folder["cache/work"]).Length == 0 ? "quiet" : null));

    /// <summary>Takes all that was reported out of the results queue.</summary>
    public async Task<IReadOnlyList<EpochResult>> ReportsAsync() =>
        [.. (await TakeAllAsync(Queues.EpochResults)).Select(WireJson.Deserialize<EpochResult>)];

    public Task<IReadOnlyList<string>> PoisonAsync() => TakeAllAsync(Queues.TrainEpochPoison);

    public Task<EpochResult?> StoredAsync(EpochJob job) => Blobs.ReadJsonAsync<EpochResult>(Paths.Result(job.Epoch, job.Attempt));

    /// <summary>Lets the lease run out and takes the message as another trainer would.</summary>
    public async Task<IMessageLease> TakeOverAsync()
    {
        QueueClock.Advance(Options.Lease + TimeSpan.FromSeconds(1));
        return await Jobs.ReceiveAsync(Options.Lease) ?? throw new InvalidOperationException("No message is visible.");
    }

    /// <summary>Lets a beat come, and waits for one not waited for before.</summary>
    public void Beat()
    {
        BeatClock.Advance(Options.Lease / 3);
        Assert.True(heartbeats.Wait(Patience), "No heartbeat came.");
    }

    public async Task<IReadOnlyList<string>> FoldersAsync(EpochJob job)
    {
        var work = Paths.Work(job.Epoch, job.Attempt).Name + "/";
        var blobs = await Blobs.ListAsync(Containers.Runs, work).ToListAsync();
        return [.. blobs.Select(blob => blob.Path.Name[work.Length..].Split('/')).Where(parts => parts.Length > 1).Select(parts => parts[0]).Distinct()];
    }

    /// <summary>SHA-256 of weights and optimizer state, as the manifest states them.</summary>
    public async Task<(string Weights, string Optimizer)> HashesAsync(EpochResult result)
    {
        var files = (await Artifacts.OpenAsync(result.Checkpoint!)).Files;
        return (files.Single(file => file.Name == "model.safetensors").Sha256, files.Single(file => file.Name == "optimizer.safetensors").Sha256);
    }

    public Task WriteSpecAsync(params IReadOnlyList<string> evalPrompts) => Blobs.WriteJsonAsync(Paths.Spec, new RunSpec(
        RunId, "tiny", "finetune/tiny", "az://datasets/x", new RegisteredModelName("main", "demo", "tiny"), TaskType.InstructionFinetune, null,
        evalPrompts, null, TrainingDuration.Default, null, null, null, true, 7, new DateOnly(2026, 11, 23), new HyperparametersRequest(),
        new LicenseRecord("none", "", null, "not_required"), DispatchPolicy.Default, []));

    public void Dispose()
    {
        heartbeats.Dispose();
        Folder.Dispose();
    }

    private async Task<IReadOnlyList<string>> TakeAllAsync(string queue)
    {
        var bodies = new List<string>();
        while (await queues.Open(queue).ReceiveAsync(TimeSpan.FromMinutes(1)) is { } lease)
        {
            bodies.Add(lease.Body);
            await lease.CompleteAsync();
        }

        return bodies;
    }

    private static void WriteTokens(string folder, int vocabulary, int sequences, int? lastId)
    {
        using var writer = new TokenShardWriter(folder, vocabulary);
        for (var row = 0; row < sequences; row++)
        {
            int[] ids = [.. Enumerable.Range(0, SequenceLength).Select(i => ((row * 31) + (i * 7)) % 200)];
            ids[^1] = lastId ?? ids[^1];
            writer.Write(new TokenSequence(ids, [.. ids.Select((_, i) => i > 3)]));
        }

        writer.Complete();
    }
}
