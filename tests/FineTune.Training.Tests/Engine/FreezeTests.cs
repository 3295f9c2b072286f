using FineTune.Core.Runs;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class FreezeTests : IDisposable
{
    private static readonly LlamaConfig Config = TestModels.Tiny;
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Whole layers, parts of matrices that the engine keeps as one, the embedding alone, all but the head.</summary>
    public static TheoryData<string, string[], double> Patterns()
    {
        var data = new TheoryData<string, string[], double>();
        foreach (var engine in new[] { Engines.Cpu, Engines.Autograd })
        {
            foreach (var maxGradNorm in new[] { 0.0, 1.0 })
            {
                data.Add(engine, ["model.embed_tokens.*", "model.layers.0.*"], maxGradNorm);
                data.Add(engine, ["*.k_proj.weight", "*.up_proj.weight", "*_layernorm.weight"], maxGradNorm);
                data.Add(engine, ["model.embed_tokens.*"], maxGradNorm);
                data.Add(engine, ["model.*"], maxGradNorm);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Step_FrozenWeights_StayBitIdenticalAndTheRestLearns(string name, string[] patterns, double maxGradNorm)
    {
        using var engine = Open(name, Config, Settings(patterns, maxGradNorm));
        using var start = Open(name, Config, Settings(patterns, maxGradNorm));
        Train(engine, 0, 3);

        var trained = FrozenWeights.Trained(Config.Shape, patterns).Select(weight => weight.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var weight in LlamaWeights.Of(Config.Shape))
        {
            Assert.Equal(!trained.Contains(weight.Name), Values(start, weight.Name).SequenceEqual(Values(engine, weight.Name)));
        }

        engine.Save(folder["saved"]);
        using var moments = SafetensorsReader.Open(Path.Combine(folder["saved"], OptimizerFile.FileName));
        Assert.Equal(
            trained.SelectMany(weight => new[] { "exp_avg." + weight, "exp_avg_sq." + weight }).Order(StringComparer.Ordinal),
            moments.Header.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false, "model.embed_tokens.*", "model.layers.0.*")]
    [InlineData(false, "*.k_proj.weight", "*.gate_proj.weight")]
    [InlineData(true, "model.embed_tokens.*")]
    [InlineData(true, "*.v_proj.weight", "model.layers.1.*")]
    public void Gradients_OfWhatIsTrained_AreThoseOfTrainingAll(bool tied, params string[] patterns)
    {
        var config = Config with { TieWordEmbeddings = tied };
        using var all = (CpuEngine)Open(Engines.Cpu, config, Settings(null, 0));
        using var some = (CpuEngine)Open(Engines.Cpu, config, Settings(patterns, 0));
        var batch = TestModels.Batch(config, 3, 20, seed: 1);
        var expected = all.Gradients([batch]);

        var found = some.Gradients([batch]);

        Assert.Equal(FrozenWeights.Trained(config.Shape, patterns).Select(weight => weight.Name), found.Keys);
        Assert.All(found, weight => Assert.Equal(
            0, weight.Value.Zip(expected[weight.Key], (left, right) => Math.Abs(left - right)).Max(), 1e-6));
    }

    [Fact]
    public void Step_FrozenOrNot_EnginesAgree()
    {
        string[] patterns = ["model.embed_tokens.*", "model.layers.0.*", "*.q_proj.weight"];
        using var cpu = Open(Engines.Cpu, Config, Settings(patterns, 1));
        using var autograd = Open(Engines.Autograd, Config, Settings(patterns, 1));
        Train(cpu, 0, 4);
        Train(autograd, 0, 4);

        Assert.InRange(Engines.Difference(cpu, autograd), 0, 2e-5);
    }

    [Theory]
    [InlineData(TrainingPrecision.Fp32)]
    [InlineData(TrainingPrecision.Bf16Int8)]
    public void Open_Checkpoint_GoesOnAsIfItHadNotStopped(TrainingPrecision precision)
    {
        var settings = Settings(["model.embed_tokens.*", "*.k_proj.weight"], 0) with { Precision = precision };
        using var undisturbed = Open(Engines.Cpu, Config, settings);
        Train(undisturbed, 0, 4);
        undisturbed.Save(folder["undisturbed"]);
        using (var stopped = Open(Engines.Cpu, Config, settings))
        {
            Train(stopped, 0, 2);
            stopped.Save(folder["stopped"]);
        }

        using var resumed = CpuEngine.Open(folder["stopped"], folder["stopped"], settings);
        Train(resumed, 2, 4);
        resumed.Save(folder["resumed"]);

        foreach (var file in new[] { "model.safetensors", OptimizerFile.FileName, TrainingState.FileName })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder["undisturbed"], file)), File.ReadAllBytes(Path.Combine(folder["resumed"], file)));
        }
    }

    [Theory]
    [InlineData(Engines.Cpu)]
    [InlineData(Engines.Torch)]
    [InlineData(Engines.Autograd)]
    public void Open_PatternOfNothing_IsRefused(string engine) =>
        Assert.Equal("freeze_invalid", Assert.Throws<Core.Faults.FaultException>(() => Open(engine, Config, Settings(["model.layers.9.*"], 0))).Fault.Code);

    private static Hyperparameters Settings(IReadOnlyList<string>? patterns, double maxGradNorm) =>
        new HyperparametersRequest(WeightDecay: 0.1, MaxGradNorm: maxGradNorm, Freeze: patterns).Resolve(1e-3);

    private static void Train(ITrainingEngine engine, int first, int end)
    {
        for (var step = first; step < end; step++)
        {
            engine.Step([TestModels.Batch(Config, 4, 20, step)], 1e-3);
        }
    }

    private static float[] Values(ITrainingEngine engine, string name)
    {
        using var weight = Engines.Weight(engine, name);
        using var values = weight.detach();
        return values.data<float>().ToArray();
    }

    private ITrainingEngine Open(string name, LlamaConfig config, Hyperparameters settings)
    {
        if (!Directory.Exists(folder["model"]))
        {
            TestModels.Write(config, folder["model"]);
        }

        return Engines.Open(name, folder["model"], null, settings);
    }
}
