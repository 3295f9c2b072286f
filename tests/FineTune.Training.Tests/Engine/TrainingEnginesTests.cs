using System.Runtime.InteropServices;
using FineTune.Training.Engine;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class TrainingEnginesTests
{
    [Fact]
    public void Open_OnLinuxWithMkl_IsTheHandWrittenEngine()
    {
        using var folder = new TempFolder();
        using var engine = TrainingEngines.Open(TestModels.Write(TestModels.Tiny, folder["model"]), null, TestModels.Hyperparameters());
        var expected = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;
        Assert.Equal(expected, engine is CpuEngine);
    }
}
