using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Training.Models;
using FineTune.Training.Native;
using FineTune.Training.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Engine;

/// <summary>AdamW's moments for every weight of a model. Matrices decay, vectors do not.</summary>
internal sealed class AdamW : IDisposable
{
    public const string FileName = "optimizer.safetensors";
    private const string First = "exp_avg.";
    private const string Second = "exp_avg_sq.";

    private readonly LlamaModel model;
    private readonly Group[] groups;
    private readonly Dictionary<string, Tensor> moments = new(StringComparer.Ordinal);

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public AdamW(LlamaModel model, Hyperparameters settings, string? directory)
    {
        this.model = model;
        using var saved = directory is null ? null : Open(Path.Combine(directory, FileName));
        foreach (var shape in model.Shapes)
        {
            moments[First + shape.Name] = Moment(First, shape, saved);
            moments[Second + shape.Name] = Moment(Second, shape, saved);
        }

        groups = [.. model.Shapes.GroupBy(shape => shape.IsMatrix).Select(group => new Group(
            [.. group.Select(shape => model[shape.Name])],
            [.. group.Select(shape => moments[First + shape.Name])],
            [.. group.Select(shape => moments[Second + shape.Name])],
            group.Key ? settings.WeightDecay : 0))];
        Settings = settings;
    }

    public Hyperparameters Settings { get; }

    /// <summary>Applies the accumulated gradients as update <paramref name="step"/> (from 1) and forgets them.</summary>
    public void Step(long step, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var number = tensor((float)step);
        foreach (var group in groups)
        {
            Tensor[] gradients = [.. group.Weights.Select(weight => weight.grad!)];
            Aten.FusedAdamW(
                group.Weights, gradients, group.First, group.Second, number,
                learningRate, Settings.Beta1, Settings.Beta2, group.WeightDecay, Settings.Epsilon);
        }

        ForgetGradients();
    }

    /// <summary>Global norm of the gradients; those above <see cref="Hyperparameters.MaxGradNorm"/> are scaled down to it.</summary>
    public double ClipGradients()
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        Tensor[] gradients = [.. groups.SelectMany(group => group.Weights).Select(weight => weight.grad!)];
        var norm = Math.Sqrt(gradients.Sum(gradient => Math.Pow(gradient.norm().item<float>(), 2)));
        if (Settings.MaxGradNorm > 0 && norm > Settings.MaxGradNorm)
        {
            foreach (var gradient in gradients)
            {
                gradient.mul_(Settings.MaxGradNorm / norm);
            }
        }

        return norm;
    }

    public void ForgetGradients()
    {
        foreach (var weight in groups.SelectMany(group => group.Weights))
        {
            weight.grad = null;
        }
    }

    public void Save(string directory) => SafetensorsWriter.Write(
        Path.Combine(directory, FileName),
        [.. new[] { First, Second }.SelectMany(prefix => model.Shapes.Select(shape =>
            new TensorToWrite(prefix + shape.Name, shape.Shape, TensorMemory.Source(moments[prefix + shape.Name]))))]);

    public void Dispose()
    {
        foreach (var moment in moments.Values)
        {
            moment.Dispose();
        }
    }

    private static SafetensorsReader Open(string file) => File.Exists(file)
        ? SafetensorsReader.Open(file)
        : throw Invalid("the file is missing");

    private static Tensor Moment(string prefix, WeightShape shape, SafetensorsReader? saved)
    {
        var moment = zeros([.. shape.Shape], float32).DetachFromDisposeScope();
        if (saved is null)
        {
            return moment;
        }

        var name = prefix + shape.Name;
        var info = saved.Header.Tensors.FirstOrDefault(tensor => tensor.Name == name);
        if (info is null || info.Type != TensorType.F32 || !info.Shape.SequenceEqual(shape.Shape))
        {
            throw Invalid($"'{name}' is missing or not F32 [{string.Join(", ", shape.Shape)}]");
        }

        TensorMemory.Fill(moment, (first, destination) => saved.Read(name, first, destination));
        return moment;
    }

    private static FaultException Invalid(string what)
    {
        var fault = Fault.Caller("load_checkpoint", "checkpoint_invalid", $"{FileName}: {what}. Resume from another checkpoint.");
        return new FaultException(fault with { File = FileName });
    }

    private sealed record Group(Tensor[] Weights, Tensor[] First, Tensor[] Second, double WeightDecay);
}
