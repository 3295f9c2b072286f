using FineTune.Core.Faults;
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
        Assert.Equal(Enumerable.Range(0, Sequences), reports.Take(3).SelectMany(report => report.Batch).Order());
        Assert.All(reports, report => Assert.InRange(report.OperationsPerSecond / report.TokensPerSecond, 6.0 * 2000, 6.0 * 8000));
    }

    [Fact]
    public void Run_LossIsNoNumber_NamesTheStepAndTheLinesOfItsBatch()
    {
        var plan = Plan with { Hyperparameters = Plan.Hyperparameters with { LearningRate = 1e38, WarmupSteps = 0 } };
        using var engine = Open();
        using var known = new KnownLines(source);
        List<StepReport> reports = [];

        var fault = Assert.Throws<FaultException>(() => new TrainingLoop(engine, known, plan).Run(
            0,
            6,
            report =>
            {
                reports.Add(report);
                return LoopControl.Continue;
            },
            TestContext.Current.CancellationToken)).Fault;

        var step = reports.Count;
        var lines = new BatchSampler(plan, known).BatchOf(step).SelectMany(bin => bin).Select(index => 10 + index).Order().ToList();
        Assert.Equal(("loss_not_finite", "data.jsonl", lines[0]), (fault.Code, fault.File, fault.Line));
        Assert.StartsWith($"Step {step + 1}: the loss is ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith($"The batch: data.jsonl:{string.Join(", ", lines)}.", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever leaks does so with every step: neither managed nor native memory grows from the 50th to the 200th.</summary>
    [Fact]
    public void Run_TwoHundredSteps_MemoryStaysBounded()
    {
        const int steps = 200;
        var plan = Plan with { TotalSteps = steps, Hyperparameters = Plan.Hyperparameters with { LearningRate = 1e-4 } };
        using var engine = Open();
        var (managed, native) = (new long[steps], new long[steps]);
        var allocated = 0L;
        new TrainingLoop(engine, source, plan).Run(
            0,
            steps,
            report =>
            {
                if (report.Step is 49 or steps - 1)
                {
                    managed[report.Step] = GC.GetTotalMemory(forceFullCollection: true);
                    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
                }

                native[report.Step] = engine.MemoryBytes!.Value;
                return LoopControl.Continue;
            },
            TestContext.Current.CancellationToken);

        // Buffers are as large as the largest batch so far, and batches are packed anew in every epoch.
        Assert.InRange(native[^1], native[49], native[49] + (native[49] / 10));

        // Other tests run beside this one; the batches' arrays are all that a step allocates.
        Assert.InRange(managed[^1] - managed[49], long.MinValue, 64 << 20);
        Assert.InRange(allocated / (steps - 50), 1, 64 << 10);
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

    /// <summary>Sequences that stand one a line, from line 10 on.</summary>
    private sealed class KnownLines(ISequenceSource source) : ISequenceSource
    {
        public long Count => source.Count;

        public long TotalTokens => source.TotalTokens;

        public TokenSequence Read(long index) => source.Read(index);

        public SequenceOrigin? OriginOf(long index) => new("data.jsonl", 10 + index);

        public void Dispose()
        {
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
