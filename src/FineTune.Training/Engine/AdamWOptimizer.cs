using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>AdamW with moments in single precision. Matrices decay, vectors do not.</summary>
internal sealed unsafe class AdamWOptimizer : IOptimizer
{
    private readonly TrainedWeights trained;
    private readonly WeightBlock weights;
    private readonly NativeBuffer<float> first;
    private readonly NativeBuffer<float> second;
    private AdamWSettings settings;

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public AdamWOptimizer(TrainedWeights trained, WeightBlock weights, Hyperparameters settings, string? directory)
    {
        (this.trained, this.weights, Settings) = (trained, weights, settings);
        using var saved = directory is null ? null : OptimizerFile.Open(directory, trained.Shapes);
        first = new NativeBuffer<float>(trained.StateCount);
        second = new NativeBuffer<float>(trained.StateCount);
        foreach (var shape in saved is null ? [] : trained.Shapes)
        {
            TensorMemory.Fill(first.Data + trained.StateOffsetOf(shape.Name), shape.Count, saved!.FirstOf(shape));
            TensorMemory.Fill(second.Data + trained.StateOffsetOf(shape.Name), shape.Count, saved.SecondOf(shape));
        }
    }

    public Hyperparameters Settings { get; }

    public long Bytes => first.ByteCount + second.ByteCount;

    public void BeginStep(long step, double learningRate, double gradientScale) => settings = new AdamWSettings(
        step, learningRate, Settings.Beta1, Settings.Beta2, Settings.WeightDecay, Settings.Epsilon, gradientScale);

    public void Apply(IKernels kernels, Parameter parameter, long start, long count, float* gradient)
    {
        var at = parameter.StateOffset + start;
        kernels.AdamW(
            weights.At(parameter, start), gradient, first.Data + at, second.Data + at, count,
            parameter.IsMatrix ? settings : settings with { WeightDecay = 0 });
    }

    /// <summary>The moments as they are when read.</summary>
    public ArtifactContent Content() => OptimizerFile.Content(
        trained.Shapes,
        shape => TensorMemory.Source(first.Data + trained.StateOffsetOf(shape.Name)),
        shape => TensorMemory.Source(second.Data + trained.StateOffsetOf(shape.Name)));

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
