using FineTune.Testing.Durable.Golden;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Runs;

namespace FineTune.Workflows.Tests.Golden;

/// <summary>
/// Histories of every released version of the workflow, replayed with today's code. They are recorded once, when a version is released,
/// by running these tests with <c>FINETUNE_RECORD_GOLDEN</c> set to the version's folder; changing one afterwards hides a broken run.
/// </summary>
public sealed class GoldenHistoryTests
{
    private const string RecordVariable = "FINETUNE_RECORD_GOLDEN";
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden");

    public static TheoryData<string, string> Released { get; } = [.. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
        .Select(file => (Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileNameWithoutExtension(file))).Order()];

    public static TheoryData<string> Scenarios { get; } = [.. GoldenRuns.All.Keys];

    [Theory]
    [MemberData(nameof(Released))]
    public void Replay_HistoryOfAReleasedVersion_TakesEveryTurnAgain(string version, string scenario)
    {
        var instances = Read(version, scenario);

        Assert.Contains(instances, instance => instance.Name == TrainRun.Name);
        Assert.All(instances, instance => Assert.Equal(version, instance.Version));
        Assert.All(instances, instance => Assert.Null(HistoryReplay.Difference(instance, Workflow.CreateRegistry())));
    }

    [Fact]
    public void Released_TodaysVersion_HasAllScenarios() => Assert.Equal(
        GoldenRuns.All.Keys.Order(StringComparer.Ordinal),
        Released.Select(row => row.Data).Where(row => row.Item1 == Workflow.Version).Select(row => row.Item2).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Record_Twice_IsTheSameAndReplays(string scenario)
    {
        var recording = await GoldenRuns.RecordAsync(scenario);
        var text = RecordedInstance.Write(recording);
        if (Environment.GetEnvironmentVariable(RecordVariable) is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, scenario + ".json"), text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(text, RecordedInstance.Write(await GoldenRuns.RecordAsync(scenario)));
        Assert.All(RecordedInstance.Read(text), instance => Assert.Null(HistoryReplay.Difference(instance, Workflow.CreateRegistry())));
    }

    [Fact]
    public void Replay_ActivityRenamed_IsTold()
    {
        var tampered = Tamper(e => e.Name == "ValidateData" ? e with { Name = "CheckData" } : e);

        Assert.Contains("ValidateData", HistoryReplay.Difference(tampered, Workflow.CreateRegistry()), StringComparison.Ordinal);
    }

    [Fact]
    public void Replay_ResultChanged_IsToldWhereItLeadsElsewhere()
    {
        // The region check's result becomes a refusal: the run would have failed at once.
        var tampered = Tamper(e => e is { EventType: HistoryEventType.TaskCompleted, TaskId: 0 }
            ? e with { Result = """{"fault":{"phase":"check_region","attribution":"caller","code":"no","message":"no"}}""" }
            : e);

        Assert.NotNull(HistoryReplay.Difference(tampered, Workflow.CreateRegistry()));
    }

    [Fact]
    public void Replay_EventRemoved_IsTold()
    {
        var whole = Run();
        var tampered = whole with { History = [.. whole.History.Where(e => e.EventType != HistoryEventType.SubOrchestrationInstanceCompleted)] };

        Assert.NotNull(HistoryReplay.Difference(tampered, Workflow.CreateRegistry()));
    }

    [Fact]
    public void Replay_CodeChanged_IsTold()
    {
        var changed = new DurableTaskRegistry().AddOrchestrator<object, object?>(TrainRun.Name, async (context, input) =>
        {
            await context.CallActivityAsync("CheckRegion", input);
            await context.CallActivityAsync("SomethingNew", input);
            return null;
        });

        Assert.Contains("TimerCreated", HistoryReplay.Difference(Run(), changed), StringComparison.Ordinal);
    }

    private static RecordedInstance Tamper(Func<HistoryEvent, HistoryEvent> change)
    {
        var whole = Run();
        return whole with { History = [.. whole.History.Select(change)] };
    }

    private static RecordedInstance Run() => Read(Workflow.Version, "whole").Single(instance => instance.Name == TrainRun.Name);

    private static IReadOnlyList<RecordedInstance> Read(string version, string scenario) =>
        RecordedInstance.Read(File.ReadAllText(Path.Combine(Folder, version, scenario + ".json")));
}
