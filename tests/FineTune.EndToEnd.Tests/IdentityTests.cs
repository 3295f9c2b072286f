using System.Diagnostics;
using System.Runtime.InteropServices;
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
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var program = Path.GetFullPath(Path.Combine(here, "..", "..", "FineTune.Trainer", Path.GetFileName(here), "FineTune.Trainer.dll"));
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var start = new ProcessStartInfo(File.Exists(dotnet) ? dotnet : "dotnet", [program, "work", "--once"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var trainer = Process.Start(start)!;
        var errors = trainer.StandardError.ReadToEndAsync(Cancellation);
        var output = await trainer.StandardOutput.ReadToEndAsync(Cancellation);
        await trainer.WaitForExitAsync(Cancellation);
        return output + await errors;
    }
}
