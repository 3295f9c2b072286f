using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Training.Models;
using FineTune.Training.Native;
using FineTune.Training.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Engine;

/// <summary>AdamW's moments for every trained weight of a model. Matrices decay, vectors do not.</summary>
internal sealed class AdamW : IDisposable
{
    private readonly IReadOnlyList<WeightShape> trained;
    private readonly Group[] groups;
    private readonly Dictionary<string, Tensor> first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> second = new(StringComparer.Ordinal);

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public AdamW(LlamaModel model, IReadOnlyList<WeightShape> trained, Hyperparameters settings, string? directory)
    {
        this.trained = trained;
        using var saved = directory is null ? null : OptimizerFile.Open(directory, trained);
        foreach (var shape in trained)
        {
            first[shape.Name] = Moment(shape, saved?.FirstOf(shape));
            second[shape.Name] = Moment(shape, saved?.SecondOf(shape));
        }

        groups = [.. trained.GroupBy(shape => shape.IsMatrix).Select(group => new Group(
            [.. group.Select(shape => model[shape.Name])],
            [.. group.Select(shape => first[shape.Name])],
            [.. group.Select(shape => second[shape.Name])],
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

    /// <summary>The moments as they are when read.</summary>
    public ArtifactContent Content() => OptimizerFile.Content(OptimizerFile.ToWrite(
        trained,
        shape => TensorMemory.Source(first[shape.Name]),
        shape => TensorMemory.Source(second[shape.Name])));

    public void Dispose()
    {
        foreach (var moment in first.Values.Concat(second.Values))
        {
            moment.Dispose();
        }
    }

    private static Tensor Moment(WeightShape shape, TensorSource? saved)
    {
        var moment = zeros([.. shape.Shape], float32).DetachFromDisposeScope();
        if (saved is not null)
        {
            TensorMemory.Fill(moment, saved);
        }

        return moment;
    }

    private sealed record Group(Tensor[] Weights, Tensor[] First, Tensor[] Second, double WeightDecay);
}
