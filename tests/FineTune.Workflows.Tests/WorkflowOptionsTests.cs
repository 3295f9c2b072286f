using FineTune.Core.Regions;
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

    [Fact]
    public void FromSettings_Placement_IsReadFromItsSettings()
    {
        var settings = new Dictionary<string, string>
        {
            ["REGION_NAME"] = "East US 2",
            ["FINETUNE_REGION"] = "westus",
            ["FINETUNE_TRAINER_REGION"] = "westus3",
            ["FINETUNE_GPU_PROFILE"] = "Consumption-GPU-NC24-A100",
            ["FINETUNE_DATA_RESIDENCY"] = "westus3, United States",
            ["FINETUNE_PRIVATE_LINK"] = "true",
        };

        var placement = WorkflowOptions.FromSettings(settings.GetValueOrDefault).Placement;

        Assert.Equal(["westus3", "United States"], placement.Residency!);
        Assert.Equal(
            new Placement("East US 2", "westus3", "Consumption-GPU-NC24-A100", placement.Residency, PrivateLink: true), placement);
    }

    [Fact]
    public void FromSettings_FlagThatIsNone_IsRefusedByName()
    {
        var refused = Assert.Throws<InvalidOperationException>(
            () => WorkflowOptions.FromSettings(name => name == "FINETUNE_STORAGE_FIREWALL" ? "yes" : null));

        Assert.Contains("FINETUNE_STORAGE_FIREWALL is 'yes'", refused.Message, StringComparison.Ordinal);
    }
}
