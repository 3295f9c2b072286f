using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Loop;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Loop;

public sealed class TrainingLoopTests : IDisposable
{
    private const int Sequences = 11;
    private static readonly LlamaConfig Config = TestModels.Tiny;
    private static readonly TrainingPlan Plan = new(
        new HyperparametersRequest(BatchSize: 4, MicroBatchSize: 3, WarmupSteps: 2).Resolve(1e-2), StepsPerEpoch: 3, TotalSteps: 6, ContextLength: 20, Seed: 5);

    private readonly TempFolder folder = new();
    private readonly ListSource source = new(TestModels.Sequences(Config, Sequences, 20, seed: 4));

    public TrainingLoopTests() => TestModels.Write(Config, folder["model"]);

    public void Dispose()
    {
        source.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Run_WholePlan_ReportsEveryStepWithItsScheduledRate()
    {
        using var engine = Open();
        List<StepReport> reports = [];
        Run(engine, 0, 6, reports);
        Assert.Equal([0L, 1, 2, 3, 4, 5], reports.Select(report => report.Step));

        // Warm-up over two steps to 0.01, then linear to 0 at step 6.
        double[] rates = [0.005, 0.01, 0.01, 0.0075, 0.005, 0.0025];
        Assert.All(reports.Zip(rates), pair => Assert.Equal(pair.Second, pair.First.LearningRate, 1e-12));
        Assert.Equal(source.TotalTokens, reports.Take(3).Sum(report => report.Tokens));
        Assert.Equal(Enumerable.Range(0, Sequences).Sum(i => source.Read(i).TrainedCount), reports.Skip(3).Sum(report => report.TrainedTokens));
        Assert.True(reports[^1].Loss < reports[0].Loss);
        Assert.All(reports, report => Assert.True(report.TokensPerSecond > 0 && report.GradientNorm > 0));
    }

    [Fact]
    public void Run_StoppedAndResumed_EndsInTheSameWeights()
    {
        using var undisturbed = Open();
        Run(undisturbed, 0, 6, []);
        using (var stopped = Open())
        {
            new TrainingLoop(stopped, source, Plan).Run(
                0, 6, report => report.Step == 3 ? LoopControl.Stop : LoopControl.Continue, TestContext.Current.CancellationToken);
            Assert.Equal(4, stopped.StepsDone);
            stopped.Save(folder["checkpoint"]);
        }

        using var resumed = CpuEngine.Open(folder["checkpoint"], folder["checkpoint"], Plan.Hyperparameters);
        Run(resumed, 4, 6, []);
        Assert.Equal(0, Engines.Difference(undisturbed, resumed));
    }

    [Fact]
    public void Run_Cancelled_StopsBetweenSteps()
    {
        using var engine = Open();
        using var cancellation = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new TrainingLoop(engine, source, Plan).Run(
            0,
            6,
            _ =>
            {
                cancellation.Cancel();
                return LoopControl.Continue;
            },
            cancellation.Token));
        Assert.Equal(1, engine.StepsDone);
    }

    [Fact]
    public void Run_FromAnotherStepThanTheEngines_IsRefused()
    {
        using var engine = Open();
        Assert.Throws<InvalidOperationException>(() => Run(engine, 2, 6, []));
    }

    [Fact]
    public void Evaluate_AnyBatchSize_GivesTheReferencesMeanLoss()
    {
        using var engine = Open();
        var expected = new ReferenceLlama(Config).Loss([.. Enumerable.Range(0, Sequences).Select(i => source.Read(i))]);
        foreach (var batchSize in new[] { 1, 4, 11 })
        {
            var evaluation = Evaluator.Run(engine, source, batchSize, TestContext.Current.CancellationToken);
            Assert.Equal(expected, evaluation.Loss, 1e-5);
            Assert.Equal(Math.Exp(evaluation.Loss), evaluation.Perplexity);
            Assert.InRange(evaluation.TokenAccuracy, 0, 1);
        }
    }

    private CpuEngine Open() => CpuEngine.Open(folder["model"], null, Plan.Hyperparameters);

    private void Run(CpuEngine engine, long first, long end, List<StepReport> reports) => new TrainingLoop(engine, source, Plan).Run(
        first,
        end,
        report =>
        {
            reports.Add(report);
            return LoopControl.Continue;
        },
        TestContext.Current.CancellationToken);
}
