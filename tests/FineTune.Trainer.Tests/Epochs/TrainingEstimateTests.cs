using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Trainer.Epochs;

namespace FineTune.Trainer.Tests.Epochs;

public sealed class TrainingEstimateTests
{
    private const int Epochs = 3;
    private const int StepsPerEpoch = 200;
    private const int WriteEvery = 20;
    private const int ContextLength = 32;

    /// <summary>As many as 75 steps take, and a forward pass is a third of one.</summary>
    private const long EvalTokens = 75 * 4 * ContextLength;
    private const int SlowSteps = 15;
    private static readonly TimeSpan Setup = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan FirstStep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Evaluation = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Write = TimeSpan.FromSeconds(5);

    /// <summary>Each epoch is a delivery of its own: setup, evaluation before the first, steps with checkpoints, evaluation, checkpoint.</summary>
    [Fact]
    public void Remaining_AfterATenthOfTheTraining_IsRightWithinAFifth()
    {
        var plan = new TrainingPlan(new HyperparametersRequest(BatchSize: 4).Resolve(1), StepsPerEpoch, Epochs * StepsPerEpoch, ContextLength, 7);
        var now = TimeSpan.Zero;
        var told = new List<(long Step, TimeSpan Time, TimeSpan Remaining)>();
        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            now += Setup;
            var estimate = new TrainingEstimate(plan, epoch, EvalTokens) { Setup = Setup };
            if (epoch == 1)
            {
                now += Evaluation;
                estimate.Evaluation = Evaluation;
            }

            var began = now;
            for (var step = 1; step <= StepsPerEpoch; step++)
            {
                now += step == 1 ? FirstStep : epoch == 1 && step <= SlowSteps ? 2 * Step : Step;
                estimate.Stepped(step, now - began);
                if (estimate.IsKnown)
                {
                    var done = ((epoch - 1L) * StepsPerEpoch) + step;
                    told.Add((done, now, estimate.Remaining(done)));
                }

                if (step % WriteEvery == 0 && step < StepsPerEpoch)
                {
                    now += Write;
                    estimate.LastWrite = Write;
                }
            }

            now += Evaluation + Write;
        }

        Assert.Equal(Epochs * (StepsPerEpoch - 1), told.Count);
        Assert.All(told.Where(estimate => estimate.Step >= plan.TotalSteps / 10 && estimate.Time < now * 0.95), estimate =>
            Assert.InRange(estimate.Remaining / (now - estimate.Time), 0.8, 1.2));
    }

    [Fact]
    public void Write_BeforeTheFirstCheckpoint_IsWhatBringingTheModelTook()
    {
        var estimate = new TrainingEstimate(new TrainingPlan(new HyperparametersRequest().Resolve(1), 1, 1, 32, 7), 1, 0) { Setup = Setup };
        Assert.Equal(Setup, estimate.Write);
        estimate.LastWrite = Write;
        Assert.Equal(Write, estimate.Write);
    }
}
