using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;
using FineTune.Training.Native;
using TorchSharp;

namespace FineTune.Training.Tests.Support;

/// <summary>The engines by name, and their weights.</summary>
internal static unsafe class Engines
{
    public const string Autograd = "autograd";
    public const string Cpu = "cpu";
    public const string Torch = "torch";

    public static ITrainingEngine Open(string name, string model, string? optimizer, Hyperparameters hyperparameters) => name switch
    {
        Cpu => CpuEngine.Open(model, optimizer, hyperparameters),
        Torch => TorchEngine.Open(model, optimizer, hyperparameters, [TorchDevice.Cpu]),
        _ => AutogradEngine.Open(model, optimizer, hyperparameters),
    };

    /// <summary>A view of a weight in single precision.</summary>
    public static torch.Tensor Weight(ITrainingEngine engine, string name) => engine switch
    {
        CpuEngine cpu => cpu.Model[name].alias(),
        TorchEngine devices => View(devices, name),
        _ => ((AutogradEngine)engine).Model[name].alias(),
    };

    /// <summary>Largest difference of a weight.</summary>
    public static double Difference(ITrainingEngine left, ITrainingEngine right)
    {
        using var scope = torch.NewDisposeScope();
        using var withoutGradients = torch.no_grad();
        return LlamaWeights.Of(left.Config.Shape).Max(shape => (Weight(left, shape.Name) - Weight(right, shape.Name)).abs().max().item<float>());
    }

    /// <summary>Each step's loss, to <paramref name="loss"/>, gradient norm, relatively to <paramref name="norm"/>, and trained tokens are the same.</summary>
    public static void AssertStepsAgree(
        ITrainingEngine expected, ITrainingEngine actual, int steps, Func<int, IReadOnlyList<MicroBatch>> batches, double loss, double norm)
    {
        for (var step = 0; step < steps; step++)
        {
            var (theirs, ours) = (expected.Step(batches(step), 1e-3), actual.Step(batches(step), 1e-3));
            Assert.Equal(theirs.Loss, ours.Loss, loss);
            Assert.Equal(1, ours.GradientNorm / theirs.GradientNorm, norm);
            Assert.Equal(theirs.TrainedTokens, ours.TrainedTokens);
        }
    }

    /// <summary>Every file of both checkpoints is the same, bit for bit.</summary>
    public static void AssertSameFiles(string expected, string actual)
    {
        Assert.NotEmpty(Directory.EnumerateFiles(expected));
        foreach (var file in Directory.EnumerateFiles(expected))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(actual, Path.GetFileName(file))));
        }
    }

    private static torch.Tensor View(TorchEngine engine, string name)
    {
        var shape = LlamaWeights.Of(engine.Config.Shape).Single(weight => weight.Name == name);
        var stage = engine.Stages.First(stage => stage.Layout.Shapes.Any(own => own.Name == name));
        var data = stage.Weights.Block.At(default, stage.Layout[name]);
        long[] strides = shape.Shape.Count == 1 ? [1] : [shape.Shape[1], 1];
        return torch.Tensor.UnsafeCreateTensor(
            TensorHandle.View(data, ElementType.Single, stage.Kernels.Memory.Device, [.. shape.Shape], strides).Value);
    }
}
