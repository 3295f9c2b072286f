using FineTune.Core.Training;

namespace FineTune.Core.Tests.Training;

public sealed class MicroBatchTests
{
    private const int No = MicroBatch.Ignored;

    [Fact]
    public void Pad_TwoLengths_ShiftsLabelsAndPadsOnTheRight()
    {
        var batch = MicroBatch.Pad(
            [new TokenSequence([1, 2, 3, 4, 5], [true, false, true, false, true]), new TokenSequence([6, 7], [false, true])], multiple: 3);

        Assert.Equal((2, 6), (batch.Rows, batch.Length));
        Assert.Equal([1, 2, 3, 4, 0, 0, 6, 0, 0, 0, 0, 0], batch.Inputs);
        Assert.Equal([No, 3, No, 5, No, No, 7, No, No, No, No, No], batch.Labels);
        Assert.Equal(3, batch.TrainedCount);
    }

    [Fact]
    public void TrainedCount_FirstTokenTrained_NotCounted() =>
        Assert.Equal(2, new TokenSequence([1, 2, 3], [true, true, true]).TrainedCount);

    [Fact]
    public void StepsOf_LastEpochPartial_EndsWithTheRun()
    {
        var plan = new TrainingPlan(new Core.Runs.HyperparametersRequest().Resolve(1), StepsPerEpoch: 10, TotalSteps: 25, 64, 0);

        Assert.Equal(3, plan.Epochs);
        Assert.Equal([(0, 10), (10, 20), (20, 25)], Enumerable.Range(1, 3).Select(plan.StepsOf));
    }
}
