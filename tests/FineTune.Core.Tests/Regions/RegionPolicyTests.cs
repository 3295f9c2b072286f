using FineTune.Core.Faults;
using FineTune.Core.Regions;

namespace FineTune.Core.Tests.Regions;

public sealed class RegionPolicyTests
{
    [Theory]
    [InlineData("centralus", "centralus")]
    [InlineData("East US", "eastus")]
    [InlineData("East US 2", "eastus2")]
    [InlineData("eastus2", "eastus2")]
    [InlineData("North Central US", "northcentralus")]
    [InlineData("WESTUS", "westus")]
    public void Check_OfferedRegion_NormalizedName(string region, string expected) =>
        Assert.Equal(expected, RegionPolicy.Check(region).Unwrap());

    [Theory]
    [InlineData("westeurope")]
    [InlineData("westus2")]
    [InlineData("East US 3")]
    public void Check_OtherRegion_RefusalNamesAllowedOnes(string region)
    {
        var fault = RegionPolicy.Check(region).Fault!;

        Assert.Equal("region_not_supported", fault.Code);
        Assert.Equal(FaultAttribution.Caller, fault.Attribution);
        Assert.Contains("centralus, eastus, eastus2, northcentralus, westus", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void Check_NoRegion_RefusalNamesTheSettings(string? region)
    {
        var fault = RegionPolicy.Check(region).Fault!;

        Assert.Equal("region_unknown", fault.Code);
        Assert.Contains("FINETUNE_REGION", fault.Message, StringComparison.Ordinal);
    }
}
