namespace FineTune.Core.Estimates;

/// <summary>What a run will take.</summary>
/// <param name="Steps">Optimizer steps, sequences being packed to the context length.</param>
/// <param name="Tokens">Of all epochs.</param>
/// <param name="Gpus">On one GPU of each kind; empty when the model's size isn't known.</param>
public sealed record TrainingEstimate(long Steps, long Tokens, IReadOnlyList<GpuEstimate> Gpus)
{
    /// <summary>fp32 weights, gradients within the pass and AdamW moments; the same in bf16; bf16 with 8-bit moments.</summary>
    private static readonly (string Name, double BytesPerParameter)[] Precisions = [("fp32", 13.3), ("bf16", 6.7), ("bf16, 8-bit moments", 4.8)];

    /// <summary>
    /// Forward, backward and the second forward of activation checkpointing take 8 floating-point operations a weight and token. Memory is that
    /// of the training state in the most exact form that fits, and 2 bytes an activation between layers, for a model of the usual
    /// proportions: layers L and width 128 L with N = 12 L (128 L)².
    /// </summary>
    /// <param name="parameters">Weights of the model; null when unknown.</param>
    public static TrainingEstimate Of(long? parameters, int contextLength, long steps, long tokens, IReadOnlyList<GpuPrice> gpus) =>
        new(steps, tokens, parameters is not { } weights ? [] : [.. gpus.Select(gpu => Of(weights, contextLength, tokens, gpu))]);

    private static GpuEstimate Of(long parameters, int contextLength, long tokens, GpuPrice gpu)
    {
        const double Gib = 1L << 30;
        var layers = Math.Cbrt(parameters / (12.0 * 128 * 128));
        var activations = 2.0 * contextLength * layers * 128 * layers;
        var sizes = Precisions.Select(precision => (precision.Name, Gib: ((parameters * precision.BytesPerParameter) + activations) / Gib)).ToList();
        var fitting = sizes.FindIndex(size => size.Gib <= gpu.MemoryGib);
        var (name, memory) = sizes[fitting < 0 ? ^1 : fitting];
        var hours = 8.0 * parameters * tokens / (gpu.PeakTflops * 1e12 * gpu.Utilization) / 3600;
        return new GpuEstimate(gpu.Name, fitting >= 0, name, memory, hours, hours * gpu.PricePerHour);
    }
}

/// <param name="Fits">Whether one such GPU can hold the training state.</param>
/// <param name="Precision">The most exact that fits; the smallest when none does.</param>
/// <param name="Cost">In US dollars.</param>
public sealed record GpuEstimate(string Gpu, bool Fits, string Precision, double MemoryGib, double Hours, double Cost);
