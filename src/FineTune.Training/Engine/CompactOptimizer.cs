using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu.Updates;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>
/// AdamW or Lion with moments in the form the precision asks for. Matrices decay, vectors do not. What is rounded by chance is a function
/// of the step, so a resumed run rounds as an undisturbed one.
/// </summary>
internal sealed class CompactOptimizer : IOptimizer
{
    private readonly WeightBlock weights;
    private readonly MomentBlock first;
    private readonly MomentBlock? second;
    private AdamWSettings settings;

    /// <summary>Starts with moments of zero, or those of <paramref name="directory"/>.</summary>
    public CompactOptimizer(WeightLayout layout, LlamaParameters parameters, WeightBlock weights, Hyperparameters settings, string? directory, IDeviceMemory? deviceMemory = null)
    {
        (this.weights, Settings) = (weights, settings);
        var form = settings.Precision switch
        {
            TrainingPrecision.Bf16 => ValueForm.BFloat,
            TrainingPrecision.Bf16Int8 => ValueForm.Codes,
            _ => ValueForm.Single,
        };
        first = new MomentBlock(layout, parameters, form, OptimizerFile.First, deviceMemory);
        second = settings.Optimizer == OptimizerKind.Lion ? null : new MomentBlock(layout, parameters, form, OptimizerFile.Second, deviceMemory);
        if (directory is not null)
        {
            using var saved = OptimizerFile.Open(directory);
            first.Load(saved);
            second?.Load(saved);
        }
    }

    public Hyperparameters Settings { get; }

    public long Bytes => first.Bytes + (second?.Bytes ?? 0);

    public void BeginStep(long step, double learningRate, double gradientScale) => settings = new AdamWSettings(
        step, learningRate, Settings.Beta1, Settings.Beta2, Settings.WeightDecay, Settings.Epsilon, gradientScale);

    public unsafe double Apply(IKernels kernels, Parameter parameter, long start, long count, float* gradient, bool measures = false) => kernels.Update(
        Settings.Optimizer,
        parameter.IsMatrix ? settings : settings with { WeightDecay = 0 },
        new OptimizerRange(
            weights.Values(parameter, start, Seed(parameter, 0)),
            first.Values(parameter, start, Seed(parameter, 1)),
            second?.Values(parameter, start, Seed(parameter, 2)) ?? default,
            gradient,
            count),
        measures);

    public IReadOnlyList<TensorToWrite> ToWrite() => [.. first.ToWrite(), .. second?.ToWrite() ?? []];

    public void Dispose()
    {
        first.Dispose();
        second?.Dispose();
    }

    private ulong Seed(Parameter parameter, int purpose) => Noise.SeedOf(settings.Step, parameter.Index, purpose);
}
