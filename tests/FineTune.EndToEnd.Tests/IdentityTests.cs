using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Training;

namespace FineTune.EndToEnd.Tests;

public sealed class IdentityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The attempt's result is stored already, so the trainer has to read it and the queue, and to report it.</summary>
    [Fact]
    public async Task Trainer_WithoutAnyKey_WorksByItsManagedIdentity()
    {
        await using var storage = await IdentityStorage.StartAsync();
        var nothing = new ArtifactRef(new BlobPath(Containers.Models, "nothing"), new string('0', 64));
        var plan = new TrainingPlan(new HyperparametersRequest().Resolve(1e-4), 1, 1, 64, 1);
        var job = new EpochJob("run-1", "run-1", "event", 1, 1, plan, nothing, null, nothing, null);
        var stored = new RunPaths(job.RunId).Result(job.Epoch, job.Attempt);
        await storage.Blobs.GetBlobContainerClient(stored.Container).UploadBlobAsync(
            stored.Name,
            BinaryData.FromString(WireJson.Serialize(new EpochResult("run-1", "run-1", "event", 1, 1, EpochOutcome.Canceled, null, null, null))),
            Cancellation);
        await storage.Queues.Open(Queues.TrainEpoch).SendAsync(WireJson.Serialize(job), cancellationToken: Cancellation);

        var log = await TrainOnceAsync(storage.Settings);

        var reported = await storage.Queues.Open(Queues.EpochResults).ReceiveAsync(TimeSpan.FromMinutes(1), Cancellation);
        Assert.True(reported is not null, log);
        var result = WireJson.Deserialize<EpochResult>(reported.Body);
        Assert.Equal((EpochOutcome.Canceled, "run-1"), (result.Outcome, result.RunId));
        Assert.True(storage.Tokens > 0);
    }

    [Fact]
    public async Task Trainer_WithoutAnIdentity_SaysSoAndTouchesNothing()
    {
        await using var storage = await IdentityStorage.StartAsync();
        var log = await TrainOnceAsync([.. storage.Settings.Where(setting => setting.Name != "IDENTITY_HEADER"), ("IDENTITY_HEADER", "of another")]);
        Assert.Contains("CredentialUnavailable", log, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string> TrainOnceAsync(IReadOnlyList<(string Name, string Value)> settings)
    {
        using var trainer = BuiltProgram.Start("FineTune.Trainer", "FineTune.Trainer.dll", ["work", "--once"], settings);
        var errors = trainer.StandardError.ReadToEndAsync(Cancellation);
        var output = await trainer.StandardOutput.ReadToEndAsync(Cancellation);
        await trainer.WaitForExitAsync(Cancellation);
        return output + await errors;
    }
}
