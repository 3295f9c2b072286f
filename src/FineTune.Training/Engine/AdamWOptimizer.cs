using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>AdamW with moments in single precision. Matrices decay, vectors do not.</summary>
internal sealed unsafe class AdamWOptimizer : IOptimizer
{
    private readonly WeightLayout layout;
    private readonly WeightBlock weights;
    private readonly NativeBuffer<float> first;
    private readonly NativeBuffer<float> second;
    private AdamWSettings settings;

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public AdamWOptimizer(WeightLayout layout, WeightBlock weights, Hyperparameters settings, string? directory)
    {
        (this.layout, this.weights, Settings) = (layout, weights, settings);
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

    public void BeginStep(long step, double learningRate, double gradientScale) => settings = new AdamWSettings(
        step, learningRate, Settings.Beta1, Settings.Beta2, Settings.WeightDecay, Settings.Epsilon, gradientScale);

    public void Apply(IKernels kernels, Parameter parameter, long start, long count, float* gradient)
    {
        var at = parameter.Offset + start;
        kernels.AdamW(
            weights.At(parameter, start), gradient, first.Data + at, second.Data + at, count,
            parameter.IsMatrix ? settings : settings with { WeightDecay = 0 });
    }

    /// <summary>The moments as they are when read.</summary>
    public ArtifactContent Content() => OptimizerFile.Content(
        layout.Shapes,
        shape => TensorMemory.Source(first.Data + layout[shape.Name]),
        shape => TensorMemory.Source(second.Data + layout[shape.Name]));

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
