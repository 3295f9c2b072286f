using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing.Durable.Golden;
using FineTune.Testing.Workflows;

namespace FineTune.Workflows.Tests.Golden;

/// <summary>The runs whose histories are kept for every released version.</summary>
internal static class GoldenRuns
{
    private static readonly DispatchPolicy Policy = DispatchPolicy.Default;

    public static IReadOnlyDictionary<string, Func<WorkflowHost, string, Task>> All { get; } = new Dictionary<string, Func<WorkflowHost, string, Task>>
    {
        ["whole"] = WholeAsync,
        ["failed"] = FailedAsync,
        ["canceled"] = CanceledAsync,
        ["paused"] = PausedAsync,
    };

    public static async Task<IReadOnlyList<RecordedInstance>> RecordAsync(string scenario)
    {
        await using var host = await WorkflowHost.StartAsync();
        await All[scenario](host, scenario);
        return await RecordedInstance.RecordAsync(host.Client, scenario);
    }

    /// <summary>Two epochs; the first trainer falls silent and its epoch is given to another.</summary>
    private static async Task WholeAsync(WorkflowHost host, string id)
    {
        await CreateAsync(host, id, "2ep");
        await host.BeatAsync((await host.TakeJobAsync())!);
        for (var time = TimeSpan.Zero; time < Policy.TrainerTimeout + Policy.CheckInterval; time += Policy.CheckInterval)
        {
            await host.AdvanceAsync(Policy.CheckInterval);
        }

        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        await host.AdvanceAsync(TimeSpan.FromSeconds(90));
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        Assert.Equal(RunStatus.Completed, (await host.GetAsync(id)).Status);
    }

    /// <summary>The trainer refuses, after a failure that was worth another attempt.</summary>
    private static async Task FailedAsync(WorkflowHost host, string id)
    {
        await CreateAsync(host, id, "1ep");
        await host.ReportAsync(WorkflowHost.Failure((await host.TakeJobAsync())!, Fault.Platform("train_epoch", "trainer_crashed", "It died.")));
        await host.ReportAsync(WorkflowHost.Failure((await host.TakeJobAsync())!, Fault.Caller("train", "loss_not_finite", "Step 3: the loss is NaN.")));
        Assert.Equal(RunStatus.Failed, (await host.GetAsync(id)).Status);
    }

    /// <summary>The trainer hands in its last checkpoint.</summary>
    private static async Task CanceledAsync(WorkflowHost host, string id)
    {
        await CreateAsync(host, id, "1ep");
        var job = (await host.TakeJobAsync())!;
        await host.Runs.CancelAsync(host.Client, id, "enough");
        await host.SettleAsync();
        await host.ReportAsync(await host.ResultAsync(job, EpochOutcome.Canceled));
        Assert.Equal(RunStatus.Canceled, (await host.GetAsync(id)).Status);
    }

    /// <summary>Paused while training and resumed: the next attempt ends it.</summary>
    private static async Task PausedAsync(WorkflowHost host, string id)
    {
        await CreateAsync(host, id, "1ep");
        var job = (await host.TakeJobAsync())!;
        await host.Client.SuspendInstanceAsync(id, "paused");
        await host.Blobs.WriteJsonAsync(new RunPaths(id).PauseMarker, new PauseRequest("pause-1"));
        await host.ReportAsync(await host.ResultAsync(job, EpochOutcome.Paused) with { PauseId = "pause-1" });
        await host.Runs.ResumeAsync(host.Client, id);
        await host.ReportAsync(await host.ResultAsync((await host.TakeJobAsync())!));
        Assert.Equal(RunStatus.Completed, (await host.GetAsync(id)).Status);
    }

    private static async Task CreateAsync(WorkflowHost host, string id, string duration)
    {
        var path = await host.UploadPairsAsync("pairs.jsonl", 40);
        var request = new RunRequest(WorkflowHost.Model, path, "main.demo.pairs", TaskType.InstructionFinetune) { TrainingDuration = duration };
        var (run, faults) = await host.Runs.CreateAsync(host.Client, request, id);
        Assert.Empty(faults);
        Assert.NotNull(run);
        await host.SettleAsync();
    }
}
