using FineTune.Training.Models;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Models;

public sealed class LlamaInitializerTests
{
    private static readonly LlamaConfig Config = TestModels.Tiny with { HiddenSize = 64, IntermediateSize = 96 };

    [Fact]
    public void Write_SameSeed_GivesTheSameBytesAndAnotherSeedOthers()
    {
        var first = Write(seed: 1);
        Assert.Equal(first, Write(seed: 1));
        Assert.NotEqual(first, Write(seed: 2));
    }

    [Theory]
    [InlineData("model.embed_tokens.weight", 0.125)]
    [InlineData("model.layers.0.mlp.up_proj.weight", 0.125)]
    [InlineData("model.layers.1.mlp.down_proj.weight", 0.0625)]
    [InlineData("model.layers.1.self_attn.o_proj.weight", 0.0625)]
    public void Write_Matrix_HasItsDeviation(string name, double expected)
    {
        // 1/√64; two layers: residual projections are divided by √(2 · 2). At least 2,000 draws: 3 σ of the estimate is 5 %.
        using var folder = new TempFolder();
        LlamaInitializer.Write(Config, 1, folder.Path);
        using var weights = SafetensorsReader.Open(folder["model.safetensors"]);
        var values = weights.Read(name);
        Assert.Equal(1, Math.Sqrt(values.Average(value => (double)value * value)) / expected, 0.06);
        Assert.All(weights.Read("model.norm.weight"), value => Assert.Equal(1, value));
    }

    [Fact]
    public void Write_Folder_Opens()
    {
        using var folder = new TempFolder();
        LlamaInitializer.Write(Config, 1, folder.Path);
        using var opened = ModelFolder.Open(folder.Path);
        Assert.Equal(Config.Parameters, opened.Config.Parameters);
    }

    private static byte[] Write(int seed)
    {
        using var folder = new TempFolder();
        LlamaInitializer.Write(Config, seed, folder.Path);
        return File.ReadAllBytes(folder["model.safetensors"]);
    }
}
