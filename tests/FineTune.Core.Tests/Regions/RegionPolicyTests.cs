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
        Assert.Equal(expected, RegionPolicy.Default.Check(new Placement(region)).Unwrap());

    [Theory]
    [InlineData("westeurope")]
    [InlineData("westus2")]
    [InlineData("East US 3")]
    public void Check_OtherRegion_RefusalNamesAllowedOnes(string region)
    {
        var fault = RegionPolicy.Default.Check(new Placement(region)).Fault!;

        Assert.Equal("region_not_supported", fault.Code);
        Assert.Equal(FaultAttribution.Caller, fault.Attribution);
        Assert.Contains("centralus, eastus, eastus2, northcentralus, westus", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void Check_NoRegion_RefusalNamesTheSettings(string? region)
    {
        var fault = RegionPolicy.Default.Check(new Placement(region)).Fault!;

        Assert.Equal("region_unknown", fault.Code);
        Assert.Contains("FINETUNE_REGION", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_PrivateLink_IsForEastUs2Alone()
    {
        Assert.True(RegionPolicy.Default.Check(new Placement("eastus2", PrivateLink: true)).Succeeded);

        var fault = RegionPolicy.Default.Check(new Placement("eastus", PrivateLink: true)).Fault!;

        Assert.Equal("private_link_region", fault.Code);
        Assert.Contains("only in eastus2", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("westus3", "westus3")]
    [InlineData("westus3", "West US 3")]
    [InlineData("westus3", "united states")]
    [InlineData("swedencentral", "*")]
    [InlineData("East US 2", null)]
    public void Check_TrainersWhereDataMayGo_Passes(string trainer, string? residency)
    {
        var placement = new Placement("eastus2", trainer, Residency: residency is null ? null : [residency]);

        Assert.Equal("eastus2", RegionPolicy.Default.Check(placement).Unwrap());
    }

    [Theory]
    [InlineData("eastus2", "deploy the service where there are GPUs: eastus, northcentralus, westus")]
    [InlineData("eastus", "deploy the trainers in eastus, which has A100 80GB, T4")]
    public void Check_TrainersWhereDataMayNotGo_RefusalNamesTheChoices(string region, string choice)
    {
        var fault = RegionPolicy.Default.Check(new Placement(region, "Sweden Central", Residency: ["United States"])).Fault!;

        Assert.Equal("data_residency_not_allowed", fault.Code);
        Assert.Contains("Add 'swedencentral' or 'Sweden' to it", fault.Message, StringComparison.Ordinal);
        Assert.Contains(choice, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_GpuNotOfferedThere_NamesTheRegionsThatHaveIt()
    {
        var warning = Assert.Single(RegionPolicy.Default.Warnings(new Placement("northcentralus", GpuProfile: "Consumption-GPU-NC24-A100")));

        Assert.Contains("northcentralus", warning, StringComparison.Ordinal);
        Assert.Contains("eastus", warning, StringComparison.Ordinal);
        Assert.Empty(RegionPolicy.Default.Warnings(new Placement("northcentralus", GpuProfile: "Consumption-GPU-NC8as-T4")));
    }

    [Fact]
    public void Warnings_ClosedStorage_SayWhatToDo()
    {
        var warnings = RegionPolicy.Default.Warnings(new Placement("eastus2", StoragePrivateLink: true, StorageFirewall: true));

        Assert.Contains(warnings, warning => warning.Contains("catalog.schema.table", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("firewall", StringComparison.Ordinal));
    }

    [Fact]
    public void Table_EveryRegion_HasAGeography()
    {
        var table = RegionTable.Default;

        Assert.All(
            table.Product.Concat(table.PrivateLink).Concat(table.Gpus.SelectMany(gpu => gpu.Regions)),
            region => Assert.Contains(region, table.Geographies));
        Assert.Subset(table.Product.ToHashSet(), table.PrivateLink.ToHashSet());
    }
}
