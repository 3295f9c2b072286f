using FineTune.Core.Runs;

namespace FineTune.Workflows.Tests;

public sealed class WorkflowOptionsTests
{
    [Fact]
    public void FromSettings_Timeouts_AreTakenOrStayAtTheirDefaults()
    {
        var options = WorkflowOptions.FromSettings(name => name == "FINETUNE_QUEUE_TIMEOUT" ? "2.00:00:00" : null);

        Assert.Equal(TimeSpan.FromDays(2), options.Dispatch.QueueTimeout);
        Assert.Equal(DispatchPolicy.Default.StepTimeout, options.Dispatch.StepTimeout);
    }

    [Theory]
    [InlineData("six hours")]
    [InlineData("-01:00:00")]
    public void FromSettings_TimeoutThatIsNone_IsRefusedByName(string text)
    {
        var refused = Assert.Throws<InvalidOperationException>(
            () => WorkflowOptions.FromSettings(name => name == "FINETUNE_STEP_TIMEOUT" ? text : null));

        Assert.Contains($"FINETUNE_STEP_TIMEOUT is '{text}'", refused.Message, StringComparison.Ordinal);
    }
}
