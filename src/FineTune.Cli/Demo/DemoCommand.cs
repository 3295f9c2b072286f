using System.CommandLine;
using FineTune.Cli.Hosting;
using FineTune.Cli.Runs;
using FineTune.Core.Faults;

namespace FineTune.Cli.Demo;

/// <summary><c>finetune demo</c>: the whole service once, on data shipped with it, judged at the end.</summary>
public static class DemoCommand
{
    public const string PageName = "demo.html";

    public static Command Create(CommandScope scope)
    {
        var data = DataOption.Create("Where everything is kept; default a folder of the user's, made anew.");
        var keep = new Option<bool>("--keep") { Description = "Keep what an earlier demo left in the folder." };
        var command = new Command("demo", "Fine-tune a small model on sample data and show what it learnt; takes some minutes.") { data, keep };
        return scope.Handle(command, (call, cancellationToken) =>
        {
            var directory = Path.GetFullPath(call.Get(data) ?? Path.Combine(call.Context.UserDirectory, "demo"));
            return RunAsync(call, directory, call.Get(keep), cancellationToken);
        });
    }

    private static async Task<int> RunAsync(Invocation call, string directory, bool keep, CancellationToken cancellationToken)
    {
        var (context, terminal) = (call.Context, call.Terminal);
        var (log, live) = call.Json ? (terminal.Error, terminal.ErrorIsLive) : (terminal.Out, terminal.OutIsLive);
        var samples = new SampleData(context.SamplesDirectory);
        await DemoFolder.PrepareAsync(directory, keep, context.HoldData, cancellationToken);
        await log.WriteLineAsync($"FineTune demo: a host of its own, data in {directory}");

        var start = context.Clock.GetTimestamp();
        await using var host = await context.StartHost(new HostStart(directory), cancellationToken);
        using var client = new HostClient(host.Address);
        var steps = new DemoSteps(new DemoPlan(), samples, client, context, log, live);
        DemoSummary summary;
        try
        {
            var result = await steps.RunAsync(cancellationToken);
            var page = Path.Combine(directory, PageName);
            await File.WriteAllTextAsync(page, DemoPage.Render(result), cancellationToken);
            new DemoReport(log).Write(result, page, directory);
            summary = Summarize(result, steps.Runs, page, directory);
        }
        catch (Exception failed) when (failed is DemoFailedException or RefusedException or HostUnavailableException or FaultException)
        {
            await log.WriteLineAsync($"The demo failed: {failed.Message}");
            var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
            summary = new DemoSummary(false, null, null, null, null, seconds, 0, steps.Runs, null, directory, failed.Message);
        }

        if (call.Json)
        {
            call.WriteJson(summary);
        }

        return summary.Passed ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static DemoSummary Summarize(DemoResult result, IReadOnlyList<string> runs, string page, string directory) => new(
        result.Passed,
        result.Score.Base,
        result.Score.Tuned,
        result.Score.Recombined,
        RunText.Registered(result.Tuning.Run),
        Math.Round(result.Seconds, 1),
        result.HeldOut.Count,
        runs,
        page,
        directory,
        null);
}
