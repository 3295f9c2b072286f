using FineTune.Core.Runs;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using TorchSharp;

namespace FineTune.Training.Tests.Support;

/// <summary>Both engines by name, and their weights.</summary>
internal static class Engines
{
    public const string Autograd = "autograd";
    public const string Cpu = "cpu";

    public static ITrainingEngine Open(string name, string model, string? optimizer, Hyperparameters hyperparameters) => name == Cpu
        ? CpuEngine.Open(model, optimizer, hyperparameters)
        : AutogradEngine.Open(model, optimizer, hyperparameters);

    public static LlamaModel Model(ITrainingEngine engine) => engine is CpuEngine cpu ? cpu.Model : ((AutogradEngine)engine).Model;

    /// <summary>Largest difference of a weight.</summary>
    public static double Difference(ITrainingEngine left, ITrainingEngine right)
    {
        using var scope = torch.NewDisposeScope();
        using var withoutGradients = torch.no_grad();
        var (first, second) = (Model(left), Model(right));
        return first.Shapes.Max(shape => (first[shape.Name] - second[shape.Name]).abs().max().item<float>());
    }
}
