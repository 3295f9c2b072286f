using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>AdamW's moments for a block of weights. Matrices decay, vectors do not.</summary>
internal sealed unsafe class BlockAdamW : IDisposable
{
    private readonly WeightLayout layout;
    private readonly NativeBuffer<float> first;
    private readonly NativeBuffer<float> second;

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public BlockAdamW(WeightLayout layout, Hyperparameters settings, string? directory)
    {
        this.layout = layout;
        Settings = settings;
        using var saved = directory is null ? null : OptimizerFile.Open(directory, layout.Shapes);
        first = new NativeBuffer<float>(layout.Count);
        second = new NativeBuffer<float>(layout.Count);
        foreach (var shape in saved is null ? [] : layout.Shapes)
        {
            TensorMemory.Fill(first.Data + layout[shape.Name], shape.Count, saved!.FirstOf(shape));
            TensorMemory.Fill(second.Data + layout[shape.Name], shape.Count, saved.SecondOf(shape));
        }
    }

    public Hyperparameters Settings { get; }

    /// <summary>
    /// Applies <paramref name="gradients"/>, scaled down to <see cref="Hyperparameters.MaxGradNorm"/> where their global norm is above it,
    /// as update <paramref name="step"/> (from 1).
    /// </summary>
    public void Step(IKernels kernels, float* weights, float* gradients, long step, double learningRate, double norm)
    {
        var clipping = Settings.MaxGradNorm > 0 && norm > Settings.MaxGradNorm ? Settings.MaxGradNorm / norm : 1;
        var matrices = new AdamWSettings(
            step, learningRate, Settings.Beta1, Settings.Beta2, Settings.WeightDecay, Settings.Epsilon, clipping);
        kernels.AdamW(weights, gradients, first.Data, second.Data, layout.MatrixCount, matrices);
        var at = layout.MatrixCount;
        kernels.AdamW(weights + at, gradients + at, first.Data + at, second.Data + at, layout.Count - at, matrices with { WeightDecay = 0 });
    }

    public void Save(string directory) => OptimizerFile.Write(
        directory,
        layout.Shapes,
        shape => TensorMemory.Source(first.Data + layout[shape.Name]),
        shape => TensorMemory.Source(second.Data + layout[shape.Name]));

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
