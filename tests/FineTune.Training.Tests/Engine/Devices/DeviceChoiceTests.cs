using FineTune.Core.Faults;
using FineTune.Training.Engine;
using FineTune.Training.Numerics;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine.Devices;

public sealed class DeviceChoiceTests
{
    [Theory]
    [InlineData("cpu", "")]
    [InlineData("cpu:0,1", "cpu:0 cpu:1")]
    [InlineData("cuda", "cuda:0")]
    [InlineData("cuda:3", "cuda:3")]
    [InlineData("cuda:0,1,3", "cuda:0 cuda:1 cuda:3")]
    public void Parse_Devices_AreThose(string text, string expected)
    {
        var choice = DeviceChoice.Parse(text, "--device");
        Assert.Equal(expected, string.Join(' ', choice.Devices));
        Assert.Equal(text, choice.Name);
        Assert.Equal(choice, DeviceChoice.Parse(text, "FINETUNE_DEVICE"));
    }

    [Theory]
    [InlineData("gpu", "names no device")]
    [InlineData("CUDA", "names no device")]
    [InlineData("", "names no device")]
    [InlineData("cuda:", "'' is not the number of a device")]
    [InlineData("cuda:-1", "'-1' is not the number of a device")]
    [InlineData("cuda:0,x", "'x' is not the number of a device")]
    [InlineData("cuda:0, 1", "' 1' is not the number of a device")]
    [InlineData("cuda:1,0,1", "names device 1 twice")]
    public void Parse_Nonsense_SaysWhatIsWrongAndWhatThereIs(string text, string why)
    {
        var fault = Assert.Throws<FaultException>(() => DeviceChoice.Parse(text, "FINETUNE_DEVICE")).Fault;
        Assert.Equal(("device_invalid", "FINETUNE_DEVICE", FaultAttribution.Caller), (fault.Code, fault.Field, fault.Attribution));
        Assert.Contains($"FINETUNE_DEVICE is '{text}'", fault.Message, StringComparison.Ordinal);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.Contains("Choose cpu, cuda, or the numbers of GPUs", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda:1", false, 0, "Device cuda:1 cannot be used: the trainer was built with libtorch for processors. Build it with -p:LibTorch=cuda")]
    [InlineData("cuda", true, 0, "Device cuda:0 cannot be used: no GPU is visible")]
    [InlineData("cuda:0,2", true, 2, "Device cuda:2 cannot be used: of 2 visible GPUs the last is cuda:1")]
    public void Check_GpuThatIsNotHere_SaysWhyAndWhatToDo(string text, bool isBuiltIn, int devices, string message)
    {
        var choice = DeviceChoice.Parse(text, "--device");
        var fault = Assert.Throws<FaultException>(() => choice.Check(new CudaSupport(isBuiltIn, devices))).Fault;
        Assert.Equal(("device_not_available", FaultAttribution.Platform), (fault.Code, fault.Attribution));
        Assert.StartsWith(message, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_DevicesThatAreHere_Passes()
    {
        DeviceChoice.Parse("cuda:0,1", "--device").Check(new CudaSupport(true, 2));
        DeviceChoice.Parse("cpu:0,1", "--device").Check();
        DeviceChoice.Cpu.Check();
    }

    [Fact]
    public void Open_LogicalDevices_IsTheEngineForThem()
    {
        using var folder = new TempFolder();
        TestModels.Write(TestModels.Tiny, folder["model"]);
        using var engine = TrainingEngines.Open(
            folder["model"], null, TestModels.Hyperparameters(), DeviceChoice.Parse("cpu:0,1", "--device"));
        Assert.Equal(2, Assert.IsType<TorchEngine>(engine).Stages.Count);
    }

    /// <summary>No machine has so many.</summary>
    [Fact]
    public void Open_GpuThatIsNotHere_IsRefusedBeforeTheModelIsRead()
    {
        var refused = Assert.Throws<FaultException>(
            () => TrainingEngines.Open("nowhere", null, TestModels.Hyperparameters(), DeviceChoice.Parse("cuda:99", "--device")));
        Assert.Equal("device_not_available", refused.Fault.Code);
    }
}
