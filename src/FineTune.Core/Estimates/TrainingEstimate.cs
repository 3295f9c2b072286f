using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Estimates;

/// <summary>What a run will take.</summary>
/// <param name="Steps">Optimizer steps, sequences being packed to the context length.</param>
/// <param name="Tokens">Of all epochs.</param>
/// <param name="Gpus">On one GPU of each kind; empty when the model's size isn't known.</param>
public sealed record TrainingEstimate(long Steps, long Tokens, IReadOnlyList<GpuEstimate> Gpus)
{
    private const double Gib = 1L << 30;

    /// <summary>By <see cref="TrainingPlanner"/>, in the precision asked for, else in the most exact one that fits.</summary>
    /// <param name="model">Null when unknown.</param>
    public static TrainingEstimate Of(
        ModelShape? model, HyperparametersRequest settings, int contextLength, long steps, long tokens, IReadOnlyList<GpuPrice> gpus) =>
        new(steps, tokens, model is null ? [] : [.. gpus.Select(gpu => Of(model, settings, contextLength, tokens, gpu))]);

    private static GpuEstimate Of(ModelShape model, HyperparametersRequest settings, int contextLength, long tokens, GpuPrice gpu)
    {
        var device = TrainingDevice.Of(gpu);
        TrainingPrecision[] precisions = settings.Precision is { } asked ? [asked] : Enum.GetValues<TrainingPrecision>();
        var (precision, plan, fits) = (precisions[^1], default(PlannedTraining), false);
        foreach (var candidate in precisions.TakeWhile(_ => !fits))
        {
            var work = new TrainingWork(model, contextLength, (settings with { Precision = candidate, Freeze = null }).Resolve(0));
            var planned = TrainingPlanner.Plan(work, device);
            (precision, plan, fits) = (candidate, planned.Value ?? TrainingPlanner.Smallest(work, device), planned.Succeeded);
        }

        var contexts = (double)tokens / contextLength;
        var hours = contexts / plan!.Hyperparameters.BatchSize * plan.StepSeconds / 3600;
        return new GpuEstimate(gpu.Name, fits, precision.WireName(), plan.Memory.Total / Gib, hours, hours * gpu.PricePerHour);
    }
}

/// <param name="Fits">Whether one such GPU can hold the training state.</param>
/// <param name="Precision">The one asked for, else the most exact that fits; the smallest when none does.</param>
/// <param name="Cost">In US dollars.</param>
public sealed record GpuEstimate(string Gpu, bool Fits, string Precision, double MemoryGib, double Hours, double Cost);
