using FineTune.Core.Faults;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class CheckpointTests : IDisposable
{
    private static readonly LlamaConfig Config = TestModels.TinyLlama3;
    private readonly TempFolder folder = new();

    public CheckpointTests() => TestModels.Write(Config, folder["model"]);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Engines.Autograd, 0)]
    [InlineData(Engines.Autograd, 1)]
    [InlineData(Engines.Autograd, 4)]
    [InlineData(Engines.Cpu, 0)]
    [InlineData(Engines.Cpu, 1)]
    [InlineData(Engines.Cpu, 4)]
    [InlineData(Engines.Torch, 0)]
    [InlineData(Engines.Torch, 4)]
    public void Open_AfterSave_GoesOnBitForBit(string engine, int savedAt)
    {
        using var undisturbed = Open(engine, folder["model"], null);
        Train(undisturbed, savedAt);
        undisturbed.Save(folder["checkpoint"]);
        using (var resumed = Open(engine, folder["checkpoint"], folder["checkpoint"]))
        {
            Assert.Equal(savedAt, resumed.StepsDone);
            Train(undisturbed, 7);
            Train(resumed, 7);
            resumed.Save(folder["resumed"]);
        }

        undisturbed.Save(folder["undisturbed"]);
        Engines.AssertSameFiles(folder["undisturbed"], folder["resumed"]);
    }

    [Fact]
    public void Save_Checkpoint_IsAModelFolderWithStateAndNumerics()
    {
        using var engine = Open(Engines.Cpu, folder["model"], null);
        Train(engine, 2);
        Directory.CreateDirectory(folder["checkpoint"]);
        engine.Save(folder["checkpoint"]);
        Assert.Equal(
            ["config.json", "model.safetensors", "optimizer.safetensors", "tokenizer.json", "training_state.json"],
            Directory.GetFiles(folder["checkpoint"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var state = TrainingState.Read(folder["checkpoint"]);
        Assert.Equal((2, TestModels.Hyperparameters(), 2), (state.Step, state.Hyperparameters, state.Numerics.Threads));
        Assert.StartsWith("2.10", state.Numerics.TorchVersion, StringComparison.Ordinal);
        using var model = ModelFolder.Open(folder["checkpoint"]);
        Assert.Equal(["tokenizer.json"], model.Companions.Keys);
    }

    [Fact]
    public void Save_OntoAFullDirectory_LeavesItAsItWas()
    {
        using var engine = Open(Engines.Cpu, folder["model"], null);
        var before = Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories);
        Assert.ThrowsAny<IOException>(() => engine.Save(folder["model"]));
        Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(Engines.Autograd, Engines.Cpu)]
    [InlineData(Engines.Cpu, Engines.Autograd)]
    [InlineData(Engines.Cpu, Engines.Torch)]
    [InlineData(Engines.Torch, Engines.Cpu)]
    public void Open_CheckpointOfTheOtherEngine_GoesOnWithinRounding(string before, string after)
    {
        using var undisturbed = Open(before, folder["model"], null);
        Train(undisturbed, 4);
        undisturbed.Save(folder["checkpoint"]);
        using var resumed = Open(after, folder["checkpoint"], folder["checkpoint"]);
        Assert.Equal(0, Engines.Difference(undisturbed, resumed));
        Train(undisturbed, 8);
        Train(resumed, 8);

        // Without the moments the first update alone would differ by the learning rate.
        Assert.Equal(0, Engines.Difference(undisturbed, resumed), 1e-5);
    }

    [Theory]
    [InlineData(Engines.Autograd, "training_state.json")]
    [InlineData(Engines.Autograd, "optimizer.safetensors")]
    [InlineData(Engines.Cpu, "training_state.json")]
    [InlineData(Engines.Cpu, "optimizer.safetensors")]
    [InlineData(Engines.Torch, "optimizer.safetensors")]
    public void Open_IncompleteCheckpoint_NamesTheFile(string name, string missing)
    {
        using var engine = Open(name, folder["model"], null);
        engine.Save(folder["checkpoint"]);
        File.Delete(Path.Combine(folder["checkpoint"], missing));
        var fault = Assert.Throws<FaultException>(() => Open(name, folder["checkpoint"], folder["checkpoint"])).Fault;
        Assert.Equal(("checkpoint_invalid", missing), (fault.Code, fault.File));
    }

    private static ITrainingEngine Open(string engine, string model, string? optimizer) =>
        Engines.Open(engine, model, optimizer, TestModels.Hyperparameters());

    private static void Train(ITrainingEngine engine, int until)
    {
        while (engine.StepsDone < until)
        {
            engine.Step([TestModels.Batch(Config, rows: 6, length: 24, seed: (int)engine.StepsDone)], 1e-3);
        }
    }
}
