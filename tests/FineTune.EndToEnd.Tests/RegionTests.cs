using FineTune.Core.Runs;

namespace FineTune.EndToEnd.Tests;

public sealed class RegionTests
{
    [Fact]
    public async Task Run_OutsideTheAllowedRegions_FailsInItsFirstStepBeforeAnyDataIsRead()
    {
        using var data = new DataFolder();
        await using var host = await HostProcess.StartAsync(data.Path, ("REGION_NAME", "West Europe"));
        var created = await host.CreateAsync(new RunRequest(
            "finetune/tiny-llama", "az://datasets/not/there.jsonl", "main.e2e.region", TaskType.InstructionFinetune));
        var run = await host.UntilAsync(created.Id, run => run.Status == RunStatus.Failed);
        Assert.Equal("check_region", run.Fault!.Phase);
        Assert.Contains("centralus, eastus, eastus2, northcentralus, westus", run.Fault.Message, StringComparison.Ordinal);
        var events = await host.GetAsync<List<RunEvent>>($"api/runs/{run.Id}/events");
        Assert.Equal(["CREATED", "FAILED"], events.Select(entry => entry.Type));
    }

    [Fact]
    public async Task Run_RegionByItsDisplayName_IsAccepted()
    {
        using var data = new DataFolder();
        await using var host = await HostProcess.StartAsync(data.Path, ("REGION_NAME", "East US 2"));
        var created = await host.CreateAsync(new RunRequest(
            "finetune/tiny-llama", "az://datasets/not/there.jsonl", "main.e2e.region", TaskType.InstructionFinetune));
        var run = await host.UntilAsync(created.Id, run => run.Status == RunStatus.Failed);
        Assert.Equal("validate_data", run.Fault!.Phase);
        Assert.Equal("data_not_found", run.Fault.Code);
    }
}
