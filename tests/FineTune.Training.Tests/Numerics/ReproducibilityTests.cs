using System.Diagnostics;
using System.Security.Cryptography;
using FineTune.Training.Models;
using FineTune.Training.Numerics;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Numerics;

public sealed class ReproducibilityTests
{
    [Theory]
    [InlineData(Engines.Autograd)]
    [InlineData(Engines.Cpu)]
    public void Train_InTwoProcesses_GivesBitIdenticalWeights(string engine)
    {
        using var folder = new TempFolder();

        // Wide enough that both threads take part.
        var config = TestModels.Tiny with { HiddenSize = 64, IntermediateSize = 160, VocabSize = 600 };
        Directory.CreateDirectory(folder["model"]);
        LlamaInitializer.Write(config, 1, folder["model"]);
        TestProcess.Train(engine, folder["model"], folder["here"]);
        TrainElsewhere(engine, folder["model"], folder["there"]);
        Assert.Equal(Hash(folder["here"]), Hash(folder["there"]));
    }

    [Fact]
    public void Start_OtherSettingsThanInForce_IsRefused()
    {
        var inForce = TorchRuntime.Start();
        Assert.Equal(inForce, TorchRuntime.Start(inForce with { TorchVersion = null }));
        Assert.Throws<InvalidOperationException>(() => TorchRuntime.Start(inForce with { Threads = inForce.Threads + 1 }));
        Assert.Equal(inForce.Threads, TorchSharp.torch.get_num_threads());
    }

    private static void TrainElsewhere(string engine, string model, string checkpoint)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ReproducibilityTests).Assembly.Location]);
        start.Environment[TestProcess.TrainVariable] = string.Join(Path.PathSeparator, engine, model, checkpoint);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static string Hash(string checkpoint) =>
        Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(checkpoint, "model.safetensors"))));
}
