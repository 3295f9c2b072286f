using System.Diagnostics;
using FineTune.Core.Estimates;
using FineTune.Core.Faults;
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
/// <param name="OperationsPerSecond">Of this step, as MFU counts them.</param>
/// <param name="Batch">Sequences of the step, as their source numbers them.</param>
public sealed record StepReport(
    long Step,
    double Loss,
    double LearningRate,
    double GradientNorm,
    long TrainedTokens,
    long Tokens,
    double TokensPerSecond,
    double OperationsPerSecond,
    IReadOnlyList<int> Batch);

/// <summary>Trains on the batches of a plan; which they are depends on the step alone, so it can begin anywhere.</summary>
public sealed class TrainingLoop(ITrainingEngine engine, ISequenceSource train, TrainingPlan plan)
{
    private readonly BatchSampler sampler = new(plan, train);

    /// <summary>Runs steps <paramref name="firstStep"/> (inclusive) to <paramref name="endStep"/> (exclusive).</summary>
    /// <param name="onStep">Called after every step; may save the engine.</param>
    /// <exception cref="FaultException"><c>loss_not_finite</c>, naming the batch's lines, and what else a step refuses.</exception>
    public void Run(long firstStep, long endStep, Func<StepReport, LoopControl> onStep, CancellationToken cancellation = default)
    {
        if (engine.StepsDone != firstStep)
        {
            throw new InvalidOperationException($"The engine has done {engine.StepsDone} steps; it cannot begin at {firstStep}.");
        }

        for (var step = firstStep; step < endStep; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (onStep(Train(step)) == LoopControl.Stop)
            {
                return;
            }
        }
    }

    private StepReport Train(long step)
    {
        var started = Stopwatch.GetTimestamp();
        var bins = sampler.BatchOf(step);
        int[] batch = [.. bins.SelectMany(bin => bin)];
        var learningRate = plan.Hyperparameters.LearningRateAt(step, plan.TotalSteps);
        var result = Step(bins, batch, learningRate);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var (tokens, inputs, squares) = (0L, 0L, 0.0);
        foreach (var index in batch)
        {
            var length = train.LengthOf(index);
            tokens += length;
            inputs += length - 1;
            squares += Math.Pow(length - 1, 2);
        }

        return new StepReport(
            step,
            result.Loss,
            learningRate,
            result.GradientNorm,
            result.TrainedTokens,
            tokens,
            tokens / seconds,
            TrainingArithmetic.OfStep(engine.Config.Shape, inputs, squares) / seconds,
            batch);
    }

    private StepResult Step(IReadOnlyList<int[]> bins, int[] batch, double learningRate)
    {
        try
        {
            return engine.Step(Split(bins), learningRate);
        }
        catch (FaultException refused) when (new BatchOrigins(train, batch) is { First: { } first } origins)
        {
            throw new FaultException(
                refused.Fault with { Message = $"{refused.Fault.Message} The batch: {origins}.", File = first.File, Line = first.Line }, refused);
        }
    }

    private MicroBatch[] Split(IReadOnlyList<int[]> bins) =>
    [
        .. bins.Chunk(plan.Hyperparameters.MicroBatchSize)
            .Select(chunk => MicroBatch.Pad([.. chunk.SelectMany(bin => bin).Select(index => train.Read(index))])),
    ];
}
