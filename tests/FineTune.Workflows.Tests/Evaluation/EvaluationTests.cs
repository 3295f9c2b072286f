using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Evaluation;

namespace FineTune.Workflows.Tests.Evaluation;

public sealed class EvaluationTests
{
    private const string Answer = "The committee adjourned the hearing until Thursday morning.";
    private const string Advice = "Reduce the number of training epochs (training_duration).";

    [Fact]
    public async Task Run_WhoseEvalLossRises_WarnsWithTheBestCheckpoint()
    {
        await using var host = await WorkflowHost.StartAsync();
        var (run, report) = await TrainAsync(host, TaskType.InstructionFinetune, Pairs(), evalLosses: [1.5, 2.5, 3.5]);

        var warning = $"The eval loss rose from 3.0000 before training to 3.5000; it was lowest after ep1 (1.5000). {Advice}";
        Assert.Equal([warning], run.Warnings);
        Assert.Equal([warning], await WarningsAsync(host, run.Id));
        Assert.Equal([warning], report.Warnings);
        Assert.Equal(new EvalLossTrend(3, 3.5, 1.5, "ep1"), report.EvalLoss);
        Assert.Equal(RunStatus.Completed, run.Status);
    }

    [Theory]
    [InlineData(1.5, 1.51, null)]
    [InlineData(1.5, 1.52, "The eval loss was lowest after ep1 (1.5000) and rose to 1.5200. " + Advice)]
    [InlineData(3.2, 3.1, "The eval loss rose from 3.0000 before training to 3.1000. " + Advice)]
    public async Task Run_WhoseEvalLossMoves_WarnsBeyondNoise(double first, double last, string? warning)
    {
        await using var host = await WorkflowHost.StartAsync();
        var (run, _) = await TrainAsync(host, TaskType.InstructionFinetune, Pairs(), [first, last]);
        Assert.Equal(warning is null ? [] : [warning], run.Warnings);
    }

    [Fact]
    public async Task Run_WhoseAnswersAreCopies_WarnsWithTheirLines()
    {
        await using var host = await WorkflowHost.StartAsync();
        var (run, report) = await TrainAsync(
            host,
            TaskType.InstructionFinetune,
            Pairs(),
            [1.5],
            new EvalGeneration("whole", $"  {Answer.Replace(" ", "\n ", StringComparison.Ordinal)}\n"),
            new EvalGeneration("cut", Answer[..45]),
            new EvalGeneration("another", Answer.Replace("Thursday", "Friday", StringComparison.Ordinal)),
            new EvalGeneration("short", "1"),
            new EvalGeneration("sampled", Answer) { Greedy = Answer.Replace("adjourned", "opened", StringComparison.Ordinal) },
            new EvalGeneration("greedy", "By chance another answer, which is long enough.") { Greedy = Answer });

        var warning = $"3 of 5 answer(s) to eval_prompts are exact copies of training data (the first of data.jsonl, line 41). {Advice}";
        Assert.Equal([warning], run.Warnings);
        Assert.Equal([warning], await WarningsAsync(host, run.Id));
        Assert.Equal(["whole", "cut", "greedy"], report.Memorization.Copies.Select(copy => copy.Prompt));
        Assert.Equal((5, 41), (report.Memorization.Compared, report.Memorization.Copies[0].Line));
    }

    [Fact]
    public async Task Run_WhoseAnswersStandInADocument_Warns()
    {
        await using var host = await WorkflowHost.StartAsync();
        var lines = Enumerable.Range(0, 40).Select(i => $$"""{"text": "Paragraph {{i}} of the minutes."}""")
            .Append($$"""{"text": "It was late. {{Answer}} All agreed."}""");
        var (run, _) = await TrainAsync(
            host, TaskType.ContinuedPretrain, string.Join('\n', lines), [1.5], new EvalGeneration("It was late.", Answer), new EvalGeneration("none", Answer + "!"));
        Assert.Equal([$"1 of 2 answer(s) to eval_prompts are exact copies of training data (the first of data.jsonl, line 41). {Advice}"], run.Warnings);
    }

    [Fact]
    public async Task Run_WhoseDataWasReplaced_CompletesAndSaysWhatWasNotChecked()
    {
        await using var host = await WorkflowHost.StartAsync();
        host.Blobs.BeforeWrite = path =>
        {
            if (path.Name.EndsWith("checkpoints/ep0001.json", StringComparison.Ordinal))
            {
                host.UploadAsync("data.jsonl", "{}").GetAwaiter().GetResult();
            }
        };
        var (run, report) = await TrainAsync(host, TaskType.InstructionFinetune, Pairs(), [1.5], new EvalGeneration("whole", Answer));

        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Empty(run.Warnings);
        Assert.StartsWith("az://datasets/data.jsonl was changed or removed", report.Memorization.NotChecked, StringComparison.Ordinal);
    }

    private static string Pairs() => string.Join(
        '\n',
        Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"Say {{i}}:","response":"{{i}}"}""").Append($$"""{"prompt":"Hearing?","response":"{{Answer}}"}"""));

    /// <summary>Lets a run train with the eval losses, 3 before, and with the generations at its end.</summary>
    private static async Task<(Workflows.Runs.RunView Run, EvaluationReport Report)> TrainAsync(
        WorkflowHost host, TaskType taskType, string data, double[] evalLosses, params EvalGeneration[] generations)
    {
        var path = await host.UploadAsync("data.jsonl", data);
        var created = await host.CreateAsync(request => request with
        {
            TrainDataPath = path,
            TaskType = taskType,
            TrainingDuration = $"{evalLosses.Length}ep",
        });
        foreach (var loss in evalLosses)
        {
            var result = await host.ResultAsync((await host.TakeJobAsync())!);
            await host.Blobs.WriteJsonAsync(result.Checkpoint!.Folder / EvalGeneration.FileName, generations);
            await host.ReportAsync(result with { Metrics = result.Metrics! with { EvalLoss = loss } });
        }

        return (
            await host.GetAsync(created.Id),
            (await host.Blobs.ReadJsonAsync<EvaluationReport>(new RunPaths(created.Id).EvaluationReport))!);
    }

    private static async Task<IEnumerable<string>> WarningsAsync(WorkflowHost host, string id) =>
        (await host.Runs.EventsAsync(id)).Where(happened => happened.Type == RunEventTypes.Warning).Select(happened => happened.Message);
}
