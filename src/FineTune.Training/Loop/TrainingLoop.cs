using System.Diagnostics;
using FineTune.Core.Training;
using FineTune.Training.Engine;

namespace FineTune.Training.Loop;

/// <summary>What to do after a step.</summary>
public enum LoopControl
{
    Continue,

    /// <summary>Return now; <see cref="ITrainingEngine.StepsDone"/> tells where to go on.</summary>
    Stop,
}

/// <param name="Step">Number of the step, from 0 over the whole run.</param>
/// <param name="TrainedTokens">That carried loss.</param>
/// <param name="Tokens">Of the batch, padding excluded.</param>
/// <param name="TokensPerSecond">Of this step.</param>
public sealed record StepReport(
    long Step, double Loss, double LearningRate, double GradientNorm, long TrainedTokens, long Tokens, double TokensPerSecond);

/// <summary>Trains on the batches of a plan; which they are depends on the step alone, so it can begin anywhere.</summary>
public sealed class TrainingLoop(ITrainingEngine engine, ISequenceSource train, TrainingPlan plan)
{
    private readonly BatchSampler sampler = new(plan, train);

    /// <summary>Runs steps <paramref name="firstStep"/> (inclusive) to <paramref name="endStep"/> (exclusive).</summary>
    /// <param name="onStep">Called after every step; may save the engine.</param>
    public void Run(long firstStep, long endStep, Func<StepReport, LoopControl> onStep, CancellationToken cancellation = default)
    {
        if (engine.StepsDone != firstStep)
        {
            throw new InvalidOperationException($"The engine has done {engine.StepsDone} steps; it cannot begin at {firstStep}.");
        }

        for (var step = firstStep; step < endStep; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            var batch = sampler.BatchOf(step);
            var learningRate = plan.Hyperparameters.LearningRateAt(step, plan.TotalSteps);
            var result = engine.Step(Split(batch), learningRate);
            var tokens = batch.Sum(bin => bin.Sum(index => (long)train.LengthOf(index)));
            var report = new StepReport(
                step, result.Loss, learningRate, result.GradientNorm, result.TrainedTokens, tokens,
                tokens / Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (onStep(report) == LoopControl.Stop)
            {
                return;
            }
        }
    }

    private MicroBatch[] Split(IReadOnlyList<int[]> bins) =>
    [
        .. bins.Chunk(plan.Hyperparameters.MicroBatchSize)
            .Select(chunk => MicroBatch.Pad([.. chunk.SelectMany(bin => bin).Select(index => train.Read(index))])),
    ];
}
