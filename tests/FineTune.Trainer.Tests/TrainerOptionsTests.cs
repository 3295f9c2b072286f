using FineTune.Core.Faults;
using FineTune.Training.Engine;

namespace FineTune.Trainer.Tests;

public sealed class TrainerOptionsTests
{
    [Fact]
    public void FromEnvironment_NothingSet_TakesTheDefaults() => Assert.Equal(new TrainerOptions(), TrainerOptions.FromEnvironment(_ => null));

    [Fact]
    public void FromEnvironment_EverythingSet_IsTaken()
    {
        var settings = new Dictionary<string, string?>
        {
            ["FINETUNE_LEASE_SECONDS"] = "9",
            ["FINETUNE_CHECKPOINT_SECONDS"] = "0.5",
            ["FINETUNE_CHECKPOINT_COPIES"] = "false",
            ["FINETUNE_MEMORY_GIB"] = "15.5",
            ["FINETUNE_POLL_SECONDS"] = "0.25",
            ["FINETUNE_MAX_DELIVERIES"] = "3",
            ["FINETUNE_DEVICE"] = "cuda:0,1",
            ["FINETUNE_CACHE"] = "there",
        };
        var expected = new TrainerOptions
        {
            Lease = TimeSpan.FromSeconds(9),
            CheckpointInterval = TimeSpan.FromSeconds(0.5),
            CheckpointCopies = false,
            MemoryGib = 15.5,
            Poll = TimeSpan.FromSeconds(0.25),
            MaxDeliveries = 3,
            Device = DeviceChoice.Parse("cuda:0,1", "FINETUNE_DEVICE"),
            CacheDirectory = "there",
        };

        Assert.Equal(expected, TrainerOptions.FromEnvironment(settings.GetValueOrDefault));
    }

    [Theory]
    [InlineData("FINETUNE_LEASE_SECONDS", "soon")]
    [InlineData("FINETUNE_POLL_SECONDS", "0")]
    [InlineData("FINETUNE_CHECKPOINT_SECONDS", "-1")]
    [InlineData("FINETUNE_LEASE_SECONDS", "Infinity")]
    [InlineData("FINETUNE_LEASE_SECONDS", "1e300")]
    [InlineData("FINETUNE_MEMORY_GIB", "-2")]
    [InlineData("FINETUNE_MAX_DELIVERIES", "2.5")]
    [InlineData("FINETUNE_MAX_DELIVERIES", "0.5")]
    public void FromEnvironment_BadNumber_NamesTheVariable(string name, string value)
    {
        var fault = Assert.Throws<FaultException>(() => TrainerOptions.FromEnvironment(variable => variable == name ? value : null)).Fault;

        Assert.Equal((FaultAttribution.Caller, "setting_invalid", name), (fault.Attribution, fault.Code, fault.Field));
        Assert.Contains($"'{value}'", fault.Message, StringComparison.Ordinal);
    }
}
