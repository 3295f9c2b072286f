using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>AdamW with moments in single precision, saved weight by weight for every engine. Matrices decay, vectors do not.</summary>
internal sealed unsafe class AdamWOptimizer : IOptimizer
{
    private readonly TrainedWeights trained;
    private readonly WeightBlock weights;
    private readonly IDeviceMemory? deviceMemory;
    private readonly NativeBuffer<float> first;
    private readonly NativeBuffer<float> second;
    private AdamWSettings settings;

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public AdamWOptimizer(TrainedWeights trained, WeightBlock weights, Hyperparameters settings, string? directory, IDeviceMemory? deviceMemory = null)
    {
        (this.trained, this.weights, this.deviceMemory, Settings) = (trained, weights, deviceMemory, settings);
        using var saved = directory is null ? null : OptimizerFile.Open(directory, trained.Shapes);
        first = new NativeBuffer<float>(trained.StateCount, deviceMemory);
        second = new NativeBuffer<float>(trained.StateCount, deviceMemory);
        foreach (var shape in saved is null ? [] : trained.Shapes)
        {
            DeviceValues.Fill(deviceMemory, first.Data + trained.StateOffsetOf(shape.Name), shape.Count, saved!.FirstOf(shape));
            DeviceValues.Fill(deviceMemory, second.Data + trained.StateOffsetOf(shape.Name), shape.Count, saved.SecondOf(shape));
        }
    }

    public Hyperparameters Settings { get; }

    public long Bytes => first.ByteCount + second.ByteCount;

    public void BeginStep(long step, double learningRate, double gradientScale) => settings = new AdamWSettings(
        step, learningRate, Settings.Beta1, Settings.Beta2, Settings.WeightDecay, Settings.Epsilon, gradientScale);

    public double Apply(IKernels kernels, Parameter parameter, long start, long count, float* gradient, bool measures = false)
    {
        var at = parameter.StateOffset + start;
        return kernels.Update(
            OptimizerKind.Adamw,
            parameter.IsMatrix ? settings : settings with { WeightDecay = 0 },
            new OptimizerRange(
                StoredValues.Singles(weights.At(parameter, start)),
                StoredValues.Singles(first.Data + at),
                StoredValues.Singles(second.Data + at),
                gradient,
                count),
            measures);
    }

    /// <summary>The moments as they are when read.</summary>
    public IReadOnlyList<TensorToWrite> ToWrite() => OptimizerFile.ToWrite(
        trained.Shapes,
        shape => DeviceValues.Source(deviceMemory, first.Data + trained.StateOffsetOf(shape.Name)),
        shape => DeviceValues.Source(deviceMemory, second.Data + trained.StateOffsetOf(shape.Name)));

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
